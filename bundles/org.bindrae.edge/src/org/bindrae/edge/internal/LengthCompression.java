package org.bindrae.edge.internal;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Weighted sums over one residue of each pair: y[i, c, ρ] = Σ_j w[ρ, j]·z[i, j, c], or y[j, c, ρ] = Σ_i w[ρ, i]·z[i, j, c], with places counted from the start
 * of the sequence.
 */
final class LengthCompression {
    private LengthCompression() {
    }

    /**
     * @param z [pairs, cZ]
     * @param weight [rank, maxLength]
     * @param overSecond whether j is summed over, otherwise i
     * @return [T, cZ, rank]
     */
    static Tensor of(Tape tape, Tensor z, Tensor weight, Packing packing, boolean overSecond) {
        int channels = z.columns();
        int rank = weight.rows();
        Matrix weights = Matrix.of(weight);
        Tensor y = tape.output(z.dtype(), Shape.of(packing.total(), channels, rank), z, weight);
        Kernels kernels = tape.kernels();
        forEachResidue(packing, overSecond, channels, rank, (length, from, stride, to) -> kernels.gemm(true, true, channels, rank, length, 1,
                new Matrix(z, from, stride), weights, 0, new Matrix(y, to, rank)));
        if (y.requiresGradient()) {
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                Tensor dz = tape.gradient(z);
                Tensor dWeight = tape.gradient(weight);
                forEachResidue(packing, overSecond, channels, rank, (length, from, stride, to) -> {
                    Matrix dRow = new Matrix(dy, to, rank);
                    if (dz != null) {
                        kernels.gemm(true, true, length, channels, rank, 1, weights, dRow, 1, new Matrix(dz, from, stride));
                    }
                    if (dWeight != null) {
                        kernels.gemm(true, true, rank, length, channels, 1, dRow, new Matrix(z, from, stride), 1, Matrix.of(dWeight));
                    }
                });
            });
        }
        return y;
    }

    @FunctionalInterface
    private interface Slice {
        /**
         * @param length residues that are summed over
         * @param from first element of their features in z, each {@code stride} elements after the one before
         * @param to first element of the result
         */
        void visit(int length, long from, int stride, long to);
    }

    private static void forEachResidue(Packing packing, boolean overSecond, int channels, int rank, Slice slice) {
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            int length = packing.length(sequence);
            long first = packing.pairStart(sequence) * channels;
            for (int i = 0; i < length; i++) {
                long from = first + (long) i * channels * (overSecond ? length : 1);
                slice.visit(length, from, overSecond ? channels : Math.multiplyExact(length, channels), (long) (packing.start(sequence) + i) * channels * rank);
            }
        }
    }
}
