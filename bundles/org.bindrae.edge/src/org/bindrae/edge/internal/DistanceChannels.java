package org.bindrae.edge.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.tensor.DType;

/** A distance as numbers between 0 and 1. */
sealed interface DistanceChannels {
    /** Å */
    double FARTHEST = 20;

    /** Writes the channels of a distance (Å) over zeros, from element {@code at} on. */
    void write(double distance, DType dtype, MemorySegment memory, long at);

    static DistanceChannels of(EdgeConfig config) {
        return switch (config.distance()) {
            case DISTOGRAM -> new Distogram(config.bins());
            case RBF -> new Gaussians(config.rbfKernels());
        };
    }

    /** One for the bin that a distance lies in; lower edges are even between 0.001 and 20 Å, the last bin is open. A distance on an edge lies in no bin. */
    record Distogram(int bins) implements DistanceChannels {
        private static final double NEAREST = 1e-3;

        @Override
        public void write(double distance, DType dtype, MemorySegment memory, long at) {
            for (int bin = 0; bin < bins; bin++) {
                if (distance > edge(bin) && (bin == bins - 1 || distance < edge(bin + 1))) {
                    dtype.set(memory, at + bin, 1);
                }
            }
        }

        private double edge(int bin) {
            return NEAREST + bin * ((FARTHEST - NEAREST) / (bins - 1));
        }
    }

    /** exp(−((d − centre) / width)²) for even centres between 0 and 20 Å, with a width of 20 Å through their number (Ingraham et al. 2019). */
    record Gaussians(int kernels) implements DistanceChannels {
        @Override
        public void write(double distance, DType dtype, MemorySegment memory, long at) {
            for (int kernel = 0; kernel < kernels; kernel++) {
                double offset = (distance - FARTHEST * kernel / (kernels - 1)) * kernels / FARTHEST;
                dtype.set(memory, at + kernel, StrictMath.exp(-offset * offset));
            }
        }
    }
}
