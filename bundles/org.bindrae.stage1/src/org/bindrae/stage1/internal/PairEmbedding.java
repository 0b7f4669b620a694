package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.stage1.ConditionerKernels.HiddenLayer;
import org.bindrae.stage1.ConditionerKernels.HiddenPairs;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;

/**
 * Embeds each (residue, token) pair: h = W₂·GELU(LayerNorm(W₁·[x | f] + b₁)) + b₂, x the token's place seen from the residue, f its features. W₁·f + b₁ is
 * computed once per token. Only h is kept: what lies before it is computed again, tile by tile, when gradients are needed and there is more than one tile.
 */
final class PairEmbedding {
    private static final double EPS = 1e-5;
    private static final int AXES = 3;

    private final int features;
    private final int width;
    private final Tensor firstWeight;
    private final Tensor firstBias;
    private final Tensor gamma;
    private final Tensor beta;
    private final Tensor secondWeight;
    private final Tensor secondBias;

    PairEmbedding(Parameters parameters, int features, int width) {
        this.features = features;
        this.width = width;
        Parameters first = parameters.scope("linear_1");
        this.firstWeight = first.create("weight", Shape.of(width, AXES + features), Initializer.truncatedNormal(1, AXES + features));
        this.firstBias = first.create("bias", Shape.of(width), Initializer.ZEROS);
        Parameters norm = parameters.scope("norm");
        this.gamma = norm.create("weight", Shape.of(width), Initializer.ONES);
        this.beta = norm.create("bias", Shape.of(width), Initializer.ZEROS);
        Parameters second = parameters.scope("linear_2");
        this.secondWeight = second.create("weight", Shape.of(width, width), Initializer.truncatedNormal(1, width));
        this.secondBias = second.create("bias", Shape.of(width), Initializer.ZEROS);
    }

    /**
     * @param places [P, 3], see {@link SaturatedPoints}
     * @param tokenFeatures constants [M, features]
     * @return h [P, width]
     */
    Tensor forward(Tape tape, Tensor places, Tensor tokenFeatures, TokenPairs pairs) {
        Tensor h = tape.output(places.dtype(), Shape.of(pairs.count(), width), places, firstWeight, firstBias, gamma, beta, secondWeight, secondBias);
        Pass pass = new Pass(tape, places, tokenFeatures, pairs);
        for (int from = 0; from < pairs.count(); from += pass.tile) {
            pass.forward(from, h);
        }
        if (h.requiresGradient()) {
            tape.record(() -> {
                Backward backward = new Backward(pass, tape, h);
                for (int from = 0; from < pairs.count(); from += pass.tile) {
                    backward.tile(from);
                }
                backward.finish();
            });
        }
        return h;
    }

    /** What a tile needs, in scratch memory that all tiles share. */
    private final class Pass {
        private final Kernels kernels;
        private final Tensor places;
        private final Tensor tokenFeatures;
        private final int count;
        /** Pairs of a tile. */
        private final int tile;
        /** W₁·f + b₁ [M, width]. */
        private final Tensor perToken;
        private final HiddenPairs hidden;
        /** Values behind the GELU of the pairs from {@code activated} on. */
        private final Tensor active;
        private int activated = -1;

        Pass(Tape tape, Tensor places, Tensor tokenFeatures, TokenPairs pairs) {
            this.kernels = tape.kernels();
            this.places = places;
            this.tokenFeatures = tokenFeatures;
            this.count = pairs.count();
            ConditionerKernels conditioner = ConditionerKernels.of(tape.device());
            this.tile = conditioner.pairsAtATime();
            int tokens = tokenFeatures.rows();
            this.perToken = tape.scratch(places.dtype(), Shape.of(tokens, width));
            kernels.gemm(false, true, tokens, width, features, 1, Matrix.of(tokenFeatures), new Matrix(firstWeight, AXES, AXES + features), 0,
                    Matrix.of(perToken));
            kernels.add(perToken, firstBias, Broadcast.ROW, perToken);
            this.hidden = conditioner.hidden(tape, new HiddenLayer(firstWeight, gamma, beta, EPS), places, perToken, pairs.offsets(tape));
            this.active = tape.scratch(places.dtype(), Shape.of(Math.min(tile, count), width));
        }

        int rows(int from) {
            return Math.min(tile, count - from);
        }

        /** Computes the values of a tile, unless they are still there: where one tile holds all pairs, those of the forward pass. */
        void activate(int from) {
            if (activated != from) {
                hidden.activate(from, RowsOf.first(active, rows(from)));
                activated = from;
            }
        }

        void forward(int from, Tensor h) {
            int rows = rows(from);
            activate(from);
            kernels.linear(RowsOf.first(active, rows), secondWeight, secondBias, RowsOf.range(h, from, rows));
        }
    }

    private final class Backward {
        private final Pass pass;
        private final Tape tape;
        private final Kernels kernels;
        private final Tensor dh;
        private final Tensor dPlaces;
        private final Tensor dPerToken;
        private final Tensor dActive;
        private final HiddenLayer gradients;

        Backward(Pass pass, Tape tape, Tensor h) {
            this.pass = pass;
            this.tape = tape;
            this.kernels = tape.kernels();
            this.dh = tape.gradient(h);
            this.dPlaces = tape.gradient(pass.places);
            this.dPerToken = tape.arena().zeros(h.dtype(), pass.perToken.shape());
            this.dActive = tape.scratch(h.dtype(), pass.active.shape());
            this.gradients = new HiddenLayer(tape.gradient(firstWeight), tape.gradient(gamma), tape.gradient(beta), EPS);
        }

        void tile(int from) {
            int rows = pass.rows(from);
            pass.activate(from);
            Tensor dPart = RowsOf.range(dh, from, rows);
            kernels.gemm(true, false, width, width, rows, 1, Matrix.of(dPart), Matrix.of(pass.active), 1, Matrix.of(tape.gradient(secondWeight)));
            kernels.reduceAdd(dPart, null, Broadcast.ROW, tape.gradient(secondBias));
            kernels.gemm(false, false, rows, width, width, 1, Matrix.of(dPart), Matrix.of(secondWeight), 0, Matrix.of(dActive));
            pass.hidden.backward(from, RowsOf.first(dActive, rows), dPlaces, dPerToken, gradients);
        }

        /** The part of the first map that was computed per token. */
        void finish() {
            kernels.gemm(true, false, width, features, dPerToken.rows(), 1, Matrix.of(dPerToken), Matrix.of(pass.tokenFeatures), 1,
                    new Matrix(tape.gradient(firstWeight), AXES, AXES + features));
            kernels.reduceAdd(dPerToken, null, Broadcast.ROW, tape.gradient(firstBias));
        }
    }
}
