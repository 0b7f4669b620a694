package org.bindrae.stage1.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.stage1.ConditionerKernels.Attention;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Tensor;

/** One pass of {@link TokenAttention} on host memory, residue by residue. */
final class HostTokenAttention {
    private final Kernels kernels;
    private final Attention attention;
    private final int heads;
    private final double scale;
    private final Tensor h;
    private final Tensor local;
    private final Tensor u;
    /** First pair of each residue, and P [T + 1]. */
    private final int[] rows;
    private final int c;
    /** Logits, then a [P, heads]. */
    private final Tensor weights;
    private final DType type;

    /** Null where there is none; {@code dLogits} is scratch memory [P, heads]. */
    record Gradients(Tensor dResult, Tensor dH, Tensor dLocal, Tensor dU, Tensor dLogits) {
    }

    HostTokenAttention(HostDevice host, Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights) {
        this.kernels = host.kernels();
        this.attention = attention;
        this.heads = attention.heads();
        this.scale = attention.scale();
        this.h = h;
        this.local = local;
        this.u = u;
        this.rows = rows(offsets);
        this.c = h.columns();
        this.weights = weights;
        this.type = h.dtype();
    }

    private static int[] rows(Tensor offsets) {
        int columns = offsets.columns();
        int[] rows = new int[offsets.intAt(columns - 1) + 1];
        for (int s = 0; s + 1 < columns; s++) {
            int tokens = offsets.intAt(columns + s + 1) - offsets.intAt(columns + s);
            for (int i = offsets.intAt(s); i < offsets.intAt(s + 1); i++) {
                rows[i + 1] = rows[i] + tokens;
            }
        }
        return rows;
    }

    int residues() {
        return rows.length - 1;
    }

    /** h_ij of residue i [M, c]. */
    private Matrix embeddings(Tensor tensor, int i) {
        return new Matrix(tensor, (long) rows[i] * c, c);
    }

    /** The first c of each head of residue i [heads, c]. */
    private Matrix perHead(Tensor tensor, int i) {
        return new Matrix(tensor, perHeadAt(i), c + 1);
    }

    private long perHeadAt(int i) {
        return (long) i * heads * (c + 1);
    }

    /** Numbers per token and head of residue i [M, heads]. */
    private Matrix perToken(Tensor tensor, int i) {
        return new Matrix(tensor, (long) rows[i] * heads, heads);
    }

    private double distance(int pair) {
        return Math.sqrt(HostConditioner.squaredNorm(type, local.memory(), 3L * pair) + attention.softening());
    }

    void forward(int i, Tensor result) {
        int tokens = rows[i + 1] - rows[i];
        kernels.gemm(false, true, tokens, heads, c, scale, embeddings(h, i), perHead(u, i), 0, perToken(weights, i));
        MemorySegment a = weights.memory();
        for (int head = 0; head < heads; head++) {
            double constant = scale * type.get(u.memory(), lastOf(i, head));
            double largest = 0;
            for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
                long at = (long) pair * heads + head;
                double logit = type.get(a, at) + constant - attention.slopes()[head] * distance(pair);
                type.set(a, at, logit);
                largest = Math.max(largest, logit);
            }
            normalise(i, head, largest, result);
        }
        kernels.gemm(true, false, heads, c, tokens, 1, perToken(weights, i), embeddings(h, i), 0, perHead(result, i));
    }

    private void normalise(int i, int head, double largest, Tensor result) {
        MemorySegment a = weights.memory();
        double nothing = StrictMath.exp(-largest);
        double sum = nothing;
        for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
            long at = (long) pair * heads + head;
            double weight = StrictMath.exp(type.get(a, at) - largest);
            type.set(a, at, weight);
            sum += weight;
        }
        for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
            long at = (long) pair * heads + head;
            type.set(a, at, type.get(a, at) / sum);
        }
        type.set(result.memory(), lastOf(i, head), 1 - nothing / sum);
    }

    /** Where a head's last number, beside the first c, lies. */
    private long lastOf(int i, int head) {
        return perHeadAt(i) + (long) head * (c + 1) + c;
    }

    void backward(int i, Gradients gradients) {
        int tokens = rows[i + 1] - rows[i];
        Tensor dLogits = gradients.dLogits;
        kernels.gemm(false, true, tokens, heads, c, 1, embeddings(h, i), perHead(gradients.dResult, i), 0, perToken(dLogits, i));
        for (int head = 0; head < heads; head++) {
            double sum = throughSoftmax(i, head, gradients);
            if (gradients.dU != null) {
                long at = lastOf(i, head);
                type.set(gradients.dU.memory(), at, type.get(gradients.dU.memory(), at) + scale * sum);
            }
        }
        if (gradients.dLocal != null) {
            throughDistances(i, gradients);
        }
        if (gradients.dU != null) {
            kernels.gemm(true, false, heads, c, tokens, scale, perToken(dLogits, i), embeddings(h, i), 1, perHead(gradients.dU, i));
        }
        if (gradients.dH != null) {
            kernels.gemm(false, false, tokens, c, heads, 1, perToken(weights, i), perHead(gradients.dResult, i), 1, embeddings(gradients.dH, i));
            kernels.gemm(false, false, tokens, c, heads, scale, perToken(dLogits, i), perHead(u, i), 1, embeddings(gradients.dH, i));
        }
    }

    /** Turns the gradients of a into those of the logits and returns their sum. */
    private double throughSoftmax(int i, int head, Gradients gradients) {
        MemorySegment a = weights.memory();
        MemorySegment d = gradients.dLogits.memory();
        double ofMass = type.get(gradients.dResult.memory(), lastOf(i, head));
        double mean = 0;
        for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
            long at = (long) pair * heads + head;
            double gradient = type.get(d, at) + ofMass;
            type.set(d, at, gradient);
            mean += type.get(a, at) * gradient;
        }
        double sum = 0;
        for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
            long at = (long) pair * heads + head;
            double gradient = type.get(a, at) * (type.get(d, at) - mean);
            type.set(d, at, gradient);
            sum += gradient;
        }
        return sum;
    }

    private void throughDistances(int i, Gradients gradients) {
        for (int pair = rows[i]; pair < rows[i + 1]; pair++) {
            double pull = 0;
            for (int head = 0; head < heads; head++) {
                pull -= type.get(gradients.dLogits.memory(), (long) pair * heads + head) * attention.slopes()[head];
            }
            pull /= distance(pair);
            for (long at = 3L * pair; at < 3L * pair + 3; at++) {
                double before = type.get(gradients.dLocal.memory(), at);
                type.set(gradients.dLocal.memory(), at, before + pull * type.get(local.memory(), at));
            }
        }
    }
}
