package org.bindrae.training;

/** The validation result that decides which checkpoint is the best and when training stops. */
public enum Monitor {
    /** The loss, as small as possible. */
    LOSS {
        @Override
        boolean better(double value, double best) {
            return value < best;
        }
    },
    /** The fraction of residues whose χ1 is right within 20°, as large as possible. */
    CHI1 {
        @Override
        boolean better(double value, double best) {
            return value > best;
        }
    };

    abstract boolean better(double value, double best);
}
