package org.bindrae.stage1.internal;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Attention of residues to the ligand tokens they see, in the space of the pair embeddings h [P, c], so that neither keys nor values are ever made per pair:
 *
 * <pre>
 * logit_ij^h = scale·(u_ih·h_ij + w_ih) − d_ij / L_h        a_ij^h = exp(logit_ij^h) / (1 + Σ_k exp(logit_ik^h))
 * result_ih  = [ Σ_j a_ij^h h_ij | Σ_j a_ij^h ]
 * </pre>
 *
 * The one in the denominator is a token without meaning that a residue may attend to instead. d_ij is the distance of token and residue; L_h grows from
 * {@link #SHORTEST} to {@link #LONGEST} over the heads, so that some start with an eye for contacts and some for the whole pocket (linear biases after Press et
 * al. 2022).
 */
final class TokenAttention {
    /** Å */
    static final double SHORTEST = 2;
    /** Å */
    static final double LONGEST = 16;
    /** Added to squared distances, Å², so that the distance is smooth everywhere. */
    private static final double SOFTENING = 0.01;
    /** Residues of one piece of work. */
    private static final int GRAIN = 8;

    private final int heads;
    private final double scale;
    /** 1 / L_h, 1/Å. */
    private final double[] slopes;

    TokenAttention(int heads, double scale) {
        this.heads = heads;
        this.scale = scale;
        this.slopes = new double[heads];
        Arrays.setAll(slopes, head -> 1 / (SHORTEST * StrictMath.pow(LONGEST / SHORTEST, heads == 1 ? 0.5 : (double) head / (heads - 1))));
    }

    /**
     * @param h pair embeddings [P, c]
     * @param local token positions in the residue's frame [P, 3], Å
     * @param u queries [T, heads·(c + 1)]: per head u_ih, then w_ih
     * @return [T, heads·(c + 1)]
     */
    Tensor attend(Tape tape, Tensor h, Tensor local, Tensor u, TokenPairs pairs) {
        HostDevice host = HostDevice.of(h);
        Tensor result = tape.output(h.dtype(), u.shape(), h, local, u);
        Pass pass = new Pass(tape, h, local, u, pairs, tape.scratch(h.dtype(), Shape.of(pairs.count(), heads)));
        host.parallel(pairs.residues(), GRAIN, (from, to) -> {
            for (int i = from; i < to; i++) {
                pass.forward(i, result);
            }
        });
        if (result.requiresGradient()) {
            tape.record(() -> {
                Gradients gradients = new Gradients(tape.gradient(result), tape.gradient(h), tape.gradient(local), tape.gradient(u),
                        tape.scratch(h.dtype(), pass.weights.shape()));
                host.parallel(pairs.residues(), GRAIN, (from, to) -> {
                    for (int i = from; i < to; i++) {
                        pass.backward(i, gradients);
                    }
                });
            });
        }
        return result;
    }

    /** Null where there is none; {@code dLogits} is scratch memory [P, heads]. */
    private record Gradients(Tensor dResult, Tensor dH, Tensor dLocal, Tensor dU, Tensor dLogits) {
    }

    private final class Pass {
        private final Tape tape;
        private final Tensor h;
        private final Tensor local;
        private final Tensor u;
        private final TokenPairs pairs;
        private final int c;
        /** Logits, then a [P, heads]. */
        private final Tensor weights;
        private final DType type;

        Pass(Tape tape, Tensor h, Tensor local, Tensor u, TokenPairs pairs, Tensor weights) {
            this.tape = tape;
            this.h = h;
            this.local = local;
            this.u = u;
            this.pairs = pairs;
            this.c = h.columns();
            this.weights = weights;
            this.type = h.dtype();
        }

        /** h_ij of residue i [M, c]. */
        private Matrix embeddings(Tensor tensor, int i) {
            return new Matrix(tensor, (long) pairs.rows()[i] * c, c);
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
            return new Matrix(tensor, (long) pairs.rows()[i] * heads, heads);
        }

        private double distance(int pair) {
            return Math.sqrt(SaturatedPoints.squaredNorm(type, local.memory(), 3L * pair) + SOFTENING);
        }

        void forward(int i, Tensor result) {
            int tokens = pairs.tokens(i);
            tape.kernels().gemm(false, true, tokens, heads, c, scale, embeddings(h, i), perHead(u, i), 0, perToken(weights, i));
            MemorySegment a = weights.memory();
            for (int head = 0; head < heads; head++) {
                double constant = scale * type.get(u.memory(), lastOf(i, head));
                double largest = 0;
                for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
                    long at = (long) pair * heads + head;
                    double logit = type.get(a, at) + constant - slopes[head] * distance(pair);
                    type.set(a, at, logit);
                    largest = Math.max(largest, logit);
                }
                normalise(i, head, largest, result);
            }
            tape.kernels().gemm(true, false, heads, c, tokens, 1, perToken(weights, i), embeddings(h, i), 0, perHead(result, i));
        }

        private void normalise(int i, int head, double largest, Tensor result) {
            MemorySegment a = weights.memory();
            double nothing = StrictMath.exp(-largest);
            double sum = nothing;
            for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
                long at = (long) pair * heads + head;
                double weight = StrictMath.exp(type.get(a, at) - largest);
                type.set(a, at, weight);
                sum += weight;
            }
            for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
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
            int tokens = pairs.tokens(i);
            Tensor dLogits = gradients.dLogits;
            tape.kernels().gemm(false, true, tokens, heads, c, 1, embeddings(h, i), perHead(gradients.dResult, i), 0, perToken(dLogits, i));
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
                tape.kernels().gemm(true, false, heads, c, tokens, scale, perToken(dLogits, i), embeddings(h, i), 1, perHead(gradients.dU, i));
            }
            if (gradients.dH != null) {
                tape.kernels().gemm(false, false, tokens, c, heads, 1, perToken(weights, i), perHead(gradients.dResult, i), 1, embeddings(gradients.dH, i));
                tape.kernels().gemm(false, false, tokens, c, heads, scale, perToken(dLogits, i), perHead(u, i), 1, embeddings(gradients.dH, i));
            }
        }

        /** Turns the gradients of a into those of the logits and returns their sum. */
        private double throughSoftmax(int i, int head, Gradients gradients) {
            MemorySegment a = weights.memory();
            MemorySegment d = gradients.dLogits.memory();
            double ofMass = type.get(gradients.dResult.memory(), lastOf(i, head));
            double mean = 0;
            for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
                long at = (long) pair * heads + head;
                double gradient = type.get(d, at) + ofMass;
                type.set(d, at, gradient);
                mean += type.get(a, at) * gradient;
            }
            double sum = 0;
            for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
                long at = (long) pair * heads + head;
                double gradient = type.get(a, at) * (type.get(d, at) - mean);
                type.set(d, at, gradient);
                sum += gradient;
            }
            return sum;
        }

        private void throughDistances(int i, Gradients gradients) {
            for (int pair = pairs.rows()[i]; pair < pairs.rows()[i + 1]; pair++) {
                double pull = 0;
                for (int head = 0; head < heads; head++) {
                    pull -= type.get(gradients.dLogits.memory(), (long) pair * heads + head) * slopes[head];
                }
                pull /= distance(pair);
                for (long at = 3L * pair; at < 3L * pair + 3; at++) {
                    double before = type.get(gradients.dLocal.memory(), at);
                    type.set(gradients.dLocal.memory(), at, before + pull * type.get(local.memory(), at));
                }
            }
        }
    }
}
