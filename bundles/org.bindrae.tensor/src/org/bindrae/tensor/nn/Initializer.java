package org.bindrae.tensor.nn;

import org.bindrae.tensor.Philox;
import org.osgi.annotation.versioning.ConsumerType;

/** The initial value of element {@code index} of a parameter whose random numbers are (seed, stream). */
@FunctionalInterface
@ConsumerType
public interface Initializer {
    Initializer ZEROS = (seed, stream, index) -> 0;
    Initializer ONES = (seed, stream, index) -> 1;

    double value(long seed, long stream, long index);

    static Initializer constant(double value) {
        return (seed, stream, index) -> value;
    }

    static Initializer normal(double deviation) {
        return (seed, stream, index) -> deviation * Philox.normal(seed, stream, index);
    }

    /**
     * Normal truncated at ±2σ and rescaled so that its variance is scale / fanIn: LeCun (scale 1) and He (scale 2) initialisation as in AlphaFold2.
     */
    static Initializer truncatedNormal(double scale, int fanIn) {
        // standard deviation of the standard normal truncated to [-2, 2]
        double sigma = Math.sqrt(scale / Math.max(1, fanIn)) / 0.87962566103423978;
        return (seed, stream, index) -> {
            // a truncated draw repeats on a stream of its own until it falls inside; twenty misses have probability 1e-27
            for (long attempt = 0;; attempt++) {
                double x = Philox.normal(seed + attempt, stream, index);
                if (Math.abs(x) <= 2 || attempt == 20) {
                    return sigma * Math.clamp(x, -2, 2);
                }
            }
        };
    }
}
