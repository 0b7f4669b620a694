package org.bindrae.tensor.nn;

/**
 * A learning rate that rises linearly from zero to {@code peak} over {@code warmup} steps, then falls as half a cosine to {@code peak · finalFraction} at step
 * {@code total}, and stays there.
 */
public record LearningRateSchedule(double peak, long warmup, long total, double finalFraction) {
    public LearningRateSchedule {
        if (!(peak >= 0) || !(finalFraction >= 0) || warmup < 0 || total < warmup) {
            throw new IllegalArgumentException("no schedule: peak " + peak + ", warm-up " + warmup + " of " + total + " steps, final fraction "
                    + finalFraction);
        }
    }

    /** The learning rate of a step; steps count from 1. */
    public double at(long step) {
        if (step < 1) {
            throw new IllegalArgumentException("steps count from 1, not " + step);
        }
        if (step <= warmup) {
            return peak * step / warmup;
        }
        if (step >= total) {
            return peak * finalFraction;
        }
        double progress = (double) (step - warmup) / (total - warmup);
        return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + StrictMath.cos(Math.PI * progress)));
    }
}
