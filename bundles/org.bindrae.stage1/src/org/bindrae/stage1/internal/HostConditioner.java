package org.bindrae.stage1.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The conditioner on host memory. */
public record HostConditioner(HostDevice host) implements ConditionerKernels {
    private static final int PAIRS = 2048;
    private static final int POINTS_OF_A_TASK = 4096;
    private static final int RESIDUES_OF_A_TASK = 8;

    @Override
    public int pairsAtATime() {
        return PAIRS;
    }

    @Override
    public void saturate(Tensor points, double unit, double radius, Tensor y) {
        DType type = points.dtype();
        MemorySegment x = points.memory();
        host.parallel(points.rows(), POINTS_OF_A_TASK, (from, to) -> {
            for (long at = 3L * from; at < 3L * to; at += 3) {
                double factor = damping(type, x, at, radius) / unit;
                for (int axis = 0; axis < 3; axis++) {
                    type.set(y.memory(), at + axis, factor * type.get(x, at + axis));
                }
            }
        });
    }

    @Override
    public void saturateBackward(Tensor points, double unit, double radius, Tensor dy, Tensor dx) {
        DType type = points.dtype();
        MemorySegment x = points.memory();
        host.parallel(points.rows(), POINTS_OF_A_TASK, (from, to) -> {
            for (long at = 3L * from; at < 3L * to; at += 3) {
                double damping = damping(type, x, at, radius);
                double radial = 0;
                for (int axis = 0; axis < 3; axis++) {
                    radial += type.get(x, at + axis) * type.get(dy.memory(), at + axis);
                }
                radial *= damping * damping / (radius * radius);
                for (int axis = 0; axis < 3; axis++) {
                    double gradient = damping / unit * (type.get(dy.memory(), at + axis) - radial * type.get(x, at + axis));
                    type.set(dx.memory(), at + axis, type.get(dx.memory(), at + axis) + gradient);
                }
            }
        });
    }

    /** 1 / √(1 + |x|² / R²). */
    private static double damping(DType type, MemorySegment x, long at, double radius) {
        return 1 / Math.sqrt(1 + squaredNorm(type, x, at) / (radius * radius));
    }

    /** |x|² of the point whose first coordinate is element {@code at}. */
    static double squaredNorm(DType type, MemorySegment x, long at) {
        double a = type.get(x, at);
        double b = type.get(x, at + 1);
        double c = type.get(x, at + 2);
        return a * a + b * b + c * c;
    }

    @Override
    public HiddenPairs hidden(Tape tape, HiddenLayer layer, Tensor places, Tensor perToken, Tensor offsets) {
        return new HostHiddenPairs(tape, layer, places, perToken, offsets, PAIRS);
    }

    @Override
    public void attend(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor result) {
        HostTokenAttention pass = new HostTokenAttention(host, attention, h, local, u, offsets, weights);
        host.parallel(pass.residues(), RESIDUES_OF_A_TASK, (from, to) -> {
            for (int i = from; i < to; i++) {
                pass.forward(i, result);
            }
        });
    }

    @Override
    public void attendBackward(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor dResult, Tensor dLogits, Tensor dH,
            Tensor dLocal, Tensor dU) {
        HostTokenAttention pass = new HostTokenAttention(host, attention, h, local, u, offsets, weights);
        HostTokenAttention.Gradients gradients = new HostTokenAttention.Gradients(dResult, dH, dLocal, dU, dLogits);
        host.parallel(pass.residues(), RESIDUES_OF_A_TASK, (from, to) -> {
            for (int i = from; i < to; i++) {
                pass.backward(i, gradients);
            }
        });
    }

    @Override
    public void toPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y) {
        Kernels kernels = host.kernels();
        HeadMatrices of = new HeadMatrices(heads, weight);
        int beta = add ? 1 : 0;
        for (int head = 0; head < heads; head++) {
            kernels.gemm(false, false, x.rows(), of.c(), of.channels(), 1, of.outer(x, head), of.weight(weight, head), beta, of.inner(y, head));
            kernels.gemm(false, false, x.rows(), 1, of.channels(), 1, of.outer(x, head), of.column(bias, head), beta, of.last(y, head));
        }
    }

    @Override
    public void fromPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y) {
        Kernels kernels = host.kernels();
        HeadMatrices of = new HeadMatrices(heads, weight);
        for (int head = 0; head < heads; head++) {
            kernels.gemm(false, true, x.rows(), of.channels(), of.c(), 1, of.inner(x, head), of.weight(weight, head), add ? 1 : 0, of.outer(y, head));
            kernels.gemm(false, true, x.rows(), of.channels(), 1, 1, of.last(x, head), of.column(bias, head), 1, of.outer(y, head));
        }
    }

    @Override
    public void pairSpaceGradient(int heads, Tensor x, Tensor y, Tensor dWeight, Tensor dBias) {
        Kernels kernels = host.kernels();
        HeadMatrices of = new HeadMatrices(heads, dWeight);
        for (int head = 0; head < heads; head++) {
            kernels.gemm(true, false, of.channels(), of.c(), x.rows(), 1, of.outer(x, head), of.inner(y, head), 1, of.weight(dWeight, head));
            kernels.gemm(true, false, of.channels(), 1, x.rows(), 1, of.outer(x, head), of.last(y, head), 1, of.column(dBias, head));
        }
    }

    @Override
    public Tensor modulate(Tape tape, Tensor s, Tensor gamma, Tensor beta, Tensor weights, Tensor scale) {
        Tensor change = Ops.add(tape, Ops.multiply(tape, s, gamma, Broadcast.NONE), beta);
        Tensor weighed = Ops.multiply(tape, change, weights, Broadcast.COLUMN);
        return Ops.add(tape, s, scale == null ? weighed : Ops.multiply(tape, weighed, scale, Broadcast.SCALAR));
    }

    /** Where the parts of a head lie. */
    private record HeadMatrices(int heads, int channels, int c) {
        HeadMatrices(int heads, Tensor weight) {
            this(heads, weight.rows() / heads, weight.columns());
        }

        /** A head's D channels of all residues [T, D]. */
        Matrix outer(Tensor tensor, int head) {
            return new Matrix(tensor, (long) head * channels, heads * channels);
        }

        /** A head's first c numbers of all residues [T, c]. */
        Matrix inner(Tensor tensor, int head) {
            return new Matrix(tensor, (long) head * (c + 1), heads * (c + 1));
        }

        /** A head's last number of all residues [T, 1]. */
        Matrix last(Tensor tensor, int head) {
            return new Matrix(tensor, (long) head * (c + 1) + c, heads * (c + 1));
        }

        /** A head's rows of a weight [D, c]. */
        Matrix weight(Tensor tensor, int head) {
            return new Matrix(tensor, (long) head * channels * c, c);
        }

        /** A head's part of a bias [D, 1]. */
        Matrix column(Tensor tensor, int head) {
            return new Matrix(tensor, (long) head * channels, 1);
        }
    }
}
