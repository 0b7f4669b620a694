package org.bindrae.stage1.internal;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Key and value maps of an attention to pair embeddings h [c], applied on the side of the residues: q·(W_k h + b_k) = (W_kᵀq)·h + q·b_k, and Σ_j a_j (W_v h_j +
 * b_v) = W_v (Σ_j a_j h_j) + (Σ_j a_j) b_v. Each head takes and gives c + 1 numbers in pair space, the last one for the bias. D channels per head; parameters
 * {@code linear_k}, {@code linear_v} as maps from c to heads·D.
 */
final class PairSpace {
    private final int heads;
    private final int channels;
    private final int c;
    private final Linear keys;
    private final Linear values;

    PairSpace(Parameters parameters, int heads, int channels, int c) {
        this.heads = heads;
        this.channels = channels;
        this.c = c;
        this.keys = new Linear(parameters.scope("linear_k"), c, heads * channels);
        this.values = new Linear(parameters.scope("linear_v"), c, heads * channels);
    }

    /** Queries [T, heads·D] to [T, heads·(c + 1)]: per head W_kᵀq and q·b_k. */
    Tensor queries(Tape tape, Tensor q) {
        int rows = q.rows();
        Tensor u = tape.output(q.dtype(), Shape.of(rows, heads * (c + 1)), q, keys.weight(), keys.bias());
        Kernels kernels = tape.kernels();
        for (int head = 0; head < heads; head++) {
            kernels.gemm(false, false, rows, c, channels, 1, outer(q, head), weight(keys.weight(), head), 0, inner(u, head));
            kernels.gemm(false, false, rows, 1, channels, 1, outer(q, head), column(keys.bias(), head), 0, last(u, head));
        }
        if (u.requiresGradient()) {
            tape.record(() -> {
                Tensor du = tape.gradient(u);
                Tensor dq = tape.gradient(q);
                Tensor dWeight = tape.gradient(keys.weight());
                Tensor dBias = tape.gradient(keys.bias());
                for (int head = 0; head < heads; head++) {
                    if (dq != null) {
                        kernels.gemm(false, true, rows, channels, c, 1, inner(du, head), weight(keys.weight(), head), 1, outer(dq, head));
                        kernels.gemm(false, true, rows, channels, 1, 1, last(du, head), column(keys.bias(), head), 1, outer(dq, head));
                    }
                    kernels.gemm(true, false, channels, c, rows, 1, outer(q, head), inner(du, head), 1, weight(dWeight, head));
                    kernels.gemm(true, false, channels, 1, rows, 1, outer(q, head), last(du, head), 1, column(dBias, head));
                }
            });
        }
        return u;
    }

    /** Attended embeddings and masses [T, heads·(c + 1)] to values [T, heads·D]. */
    Tensor values(Tape tape, Tensor attended) {
        int rows = attended.rows();
        Tensor o = tape.output(attended.dtype(), Shape.of(rows, heads * channels), attended, values.weight(), values.bias());
        Kernels kernels = tape.kernels();
        for (int head = 0; head < heads; head++) {
            kernels.gemm(false, true, rows, channels, c, 1, inner(attended, head), weight(values.weight(), head), 0, outer(o, head));
            kernels.gemm(false, true, rows, channels, 1, 1, last(attended, head), column(values.bias(), head), 1, outer(o, head));
        }
        if (o.requiresGradient()) {
            tape.record(() -> {
                Tensor dO = tape.gradient(o);
                Tensor dAttended = tape.gradient(attended);
                Tensor dWeight = tape.gradient(values.weight());
                Tensor dBias = tape.gradient(values.bias());
                for (int head = 0; head < heads; head++) {
                    if (dAttended != null) {
                        kernels.gemm(false, false, rows, c, channels, 1, outer(dO, head), weight(values.weight(), head), 1, inner(dAttended, head));
                        kernels.gemm(false, false, rows, 1, channels, 1, outer(dO, head), column(values.bias(), head), 1, last(dAttended, head));
                    }
                    kernels.gemm(true, false, channels, c, rows, 1, outer(dO, head), inner(attended, head), 1, weight(dWeight, head));
                    kernels.gemm(true, false, channels, 1, rows, 1, outer(dO, head), last(attended, head), 1, column(dBias, head));
                }
            });
        }
        return o;
    }

    /** A head's D channels of all residues [T, D]. */
    private Matrix outer(Tensor tensor, int head) {
        return new Matrix(tensor, (long) head * channels, heads * channels);
    }

    /** A head's first c numbers of all residues [T, c]. */
    private Matrix inner(Tensor tensor, int head) {
        return new Matrix(tensor, (long) head * (c + 1), heads * (c + 1));
    }

    /** A head's last number of all residues [T, 1]. */
    private Matrix last(Tensor tensor, int head) {
        return new Matrix(tensor, (long) head * (c + 1) + c, heads * (c + 1));
    }

    /** A head's rows of a weight [D, c]. */
    private Matrix weight(Tensor tensor, int head) {
        return new Matrix(tensor, (long) head * channels * c, c);
    }

    /** A head's part of a bias [D, 1]. */
    private Matrix column(Tensor tensor, int head) {
        return new Matrix(tensor, (long) head * channels, 1);
    }
}
