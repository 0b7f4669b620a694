package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;

/**
 * Embeds each (residue, token) pair: h = W₂·GELU(LayerNorm(W₁·[x | f] + b₁)) + b₂, x the token's place seen from the residue, f its features. W₁·f + b₁ is
 * computed once per token. Only h is kept: what lies before it is computed again, tile by tile, when gradients are needed.
 */
final class PairEmbedding {
    private static final double EPS = 1e-5;
    private static final int AXES = 3;
    /** Pairs of a tile. */
    private static final int TILE = 2048;

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
        for (int from = 0; from < pairs.count(); from += TILE) {
            pass.forward(from, h);
        }
        if (h.requiresGradient()) {
            tape.record(() -> {
                Backward backward = new Backward(pass, tape, h);
                for (int from = 0; from < pairs.count(); from += TILE) {
                    backward.tile(from);
                }
                backward.finish();
            });
        }
        return h;
    }

    /** What a tile needs, in scratch memory that all tiles share. */
    private final class Pass {
        private final Tape tape;
        private final Kernels kernels;
        private final Tensor places;
        private final Tensor tokenFeatures;
        private final TokenPairs pairs;
        /** W₁·f + b₁ [M, width]. */
        private final Tensor perToken;
        private final Tensor hidden;
        private final Tensor normed;
        private final Tensor active;
        private final Tensor mean;
        private final Tensor rstd;

        Pass(Tape tape, Tensor places, Tensor tokenFeatures, TokenPairs pairs) {
            this.tape = tape;
            this.kernels = tape.kernels();
            this.places = places;
            this.tokenFeatures = tokenFeatures;
            this.pairs = pairs;
            int tokens = tokenFeatures.rows();
            this.perToken = tape.scratch(places.dtype(), Shape.of(tokens, width));
            kernels.gemm(false, true, tokens, width, features, 1, Matrix.of(tokenFeatures), new Matrix(firstWeight, AXES, AXES + features), 0,
                    Matrix.of(perToken));
            kernels.add(perToken, firstBias, Broadcast.ROW, perToken);
            int largest = Math.min(TILE, pairs.count());
            this.hidden = tape.scratch(places.dtype(), Shape.of(largest, width));
            this.normed = tape.scratch(places.dtype(), Shape.of(largest, width));
            this.active = tape.scratch(places.dtype(), Shape.of(largest, width));
            this.mean = tape.scratch(places.dtype(), Shape.of(largest));
            this.rstd = tape.scratch(places.dtype(), Shape.of(largest));
        }

        int rows(int from) {
            return Math.min(TILE, pairs.count() - from);
        }

        Tensor tokensOf(int from) {
            return tape.indices(Arrays.copyOfRange(pairs.tokenOf(), from, from + rows(from)));
        }

        /** Computes the tile's hidden values up to the GELU. */
        void activate(int from, Tensor tokens) {
            int rows = rows(from);
            Tensor x = top(hidden, rows);
            kernels.gatherRows(perToken, tokens, x);
            kernels.gemm(false, true, rows, width, AXES, 1, new Matrix(places, (long) AXES * from, AXES), new Matrix(firstWeight, 0, AXES + features), 1,
                    Matrix.of(x));
            kernels.layerNorm(x, gamma, beta, EPS, top(normed, rows), top(mean, rows), top(rstd, rows));
            kernels.unary(Unary.GELU, top(normed, rows), top(active, rows));
        }

        void forward(int from, Tensor h) {
            int rows = rows(from);
            activate(from, tokensOf(from));
            Tensor tile = slice(h, from, rows);
            kernels.gemm(false, true, rows, width, width, 1, Matrix.of(active), Matrix.of(secondWeight), 0, Matrix.of(tile));
            kernels.add(tile, secondBias, Broadcast.ROW, tile);
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
        private final Tensor dNormed;
        private final Tensor dHidden;

        Backward(Pass pass, Tape tape, Tensor h) {
            this.pass = pass;
            this.tape = tape;
            this.kernels = tape.kernels();
            this.dh = tape.gradient(h);
            this.dPlaces = tape.gradient(pass.places);
            this.dPerToken = tape.arena().zeros(h.dtype(), pass.perToken.shape());
            this.dActive = tape.scratch(h.dtype(), pass.active.shape());
            this.dNormed = tape.scratch(h.dtype(), pass.active.shape());
            this.dHidden = tape.scratch(h.dtype(), pass.active.shape());
        }

        void tile(int from) {
            int rows = pass.rows(from);
            Tensor tokens = pass.tokensOf(from);
            pass.activate(from, tokens);
            Tensor dTile = slice(dh, from, rows);
            kernels.gemm(true, false, width, width, rows, 1, Matrix.of(dTile), Matrix.of(pass.active), 1, Matrix.of(tape.gradient(secondWeight)));
            kernels.reduceAdd(dTile, null, Broadcast.ROW, tape.gradient(secondBias));
            kernels.gemm(false, false, rows, width, width, 1, Matrix.of(dTile), Matrix.of(secondWeight), 0, Matrix.of(dActive));
            Tensor dn = top(dNormed, rows);
            kernels.fill(dn, 0);
            kernels.unaryBackward(Unary.GELU, top(pass.normed, rows), top(pass.active, rows), top(dActive, rows), dn);
            Tensor dx = top(dHidden, rows);
            kernels.fill(dx, 0);
            kernels.layerNormBackward(top(pass.hidden, rows), gamma, top(pass.mean, rows), top(pass.rstd, rows), dn, dx, tape.gradient(gamma),
                    tape.gradient(beta));
            Matrix placesTile = new Matrix(pass.places, (long) AXES * from, AXES);
            kernels.gemm(true, false, width, AXES, rows, 1, Matrix.of(dx), placesTile, 1, new Matrix(tape.gradient(firstWeight), 0, AXES + features));
            if (dPlaces != null) {
                kernels.gemm(false, false, rows, AXES, width, 1, Matrix.of(dx), new Matrix(firstWeight, 0, AXES + features), 1,
                        new Matrix(dPlaces, (long) AXES * from, AXES));
            }
            kernels.scatterAddRows(dx, tokens, dPerToken);
        }

        /** The part of the first map that was computed per token. */
        void finish() {
            kernels.gemm(true, false, width, features, dPerToken.rows(), 1, Matrix.of(dPerToken), Matrix.of(pass.tokenFeatures), 1,
                    new Matrix(tape.gradient(firstWeight), AXES, AXES + features));
            kernels.reduceAdd(dPerToken, null, Broadcast.ROW, tape.gradient(firstBias));
        }
    }

    /** The first {@code rows} rows of scratch memory. */
    private static Tensor top(Tensor scratch, int rows) {
        return slice(scratch, 0, rows);
    }

    private static Tensor slice(Tensor x, int from, int rows) {
        int columns = x.shape().rank() == 1 ? 1 : x.columns();
        long bytes = (long) columns * x.dtype().bytes();
        Shape shape = x.shape().rank() == 1 ? Shape.of(rows) : Shape.of(rows, columns);
        return Tensor.wrap(x.device(), x.dtype(), shape, x.memory().asSlice(from * bytes, rows * bytes));
    }
}
