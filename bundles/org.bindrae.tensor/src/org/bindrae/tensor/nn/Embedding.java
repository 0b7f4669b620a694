package org.bindrae.tensor.nn;

import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** A table of one row per class, parameter {@code weight} [classes, columns]. */
public final class Embedding {
    private final Tensor weight;

    /** Standard normal rows. */
    public Embedding(Parameters parameters, int classes, int columns) {
        this(parameters, classes, columns, Initializer.normal(1));
    }

    public Embedding(Parameters parameters, int classes, int columns, Initializer initializer) {
        this.weight = parameters.create("weight", Shape.of(classes, columns), initializer);
    }

    /** Classes [rows], I32 → [rows, columns]; class −1 gives zeros. */
    public Tensor forward(Tape tape, Tensor classes) {
        return Ops.gatherRows(tape, weight, classes);
    }

    /** [classes, columns] */
    public Tensor weight() {
        return weight;
    }
}
