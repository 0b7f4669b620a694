package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels.HiddenLayer;
import org.bindrae.stage1.ConditionerKernels.HiddenPairs;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The inner values of the pair embedding by the kernels of the device, in scratch memory that all tiles share. */
final class HostHiddenPairs implements HiddenPairs {
    private static final int AXES = 3;

    private final Tape tape;
    private final Kernels kernels;
    private final HiddenLayer layer;
    private final Tensor places;
    private final Tensor perToken;
    private final Tensor offsets;
    private final int width;
    private final Tensor hidden;
    private final Tensor normed;
    private final Tensor mean;
    private final Tensor rstd;
    /** What {@link #backward} needs, once it does. */
    private Tensor dNormed;
    private Tensor dHidden;
    /** Of the pairs that were activated last: their tokens and their values. */
    private Tensor tokens;
    private Tensor active;

    HostHiddenPairs(Tape tape, HiddenLayer layer, Tensor places, Tensor perToken, Tensor offsets, int tile) {
        this.tape = tape;
        this.kernels = tape.kernels();
        this.layer = layer;
        this.places = places;
        this.perToken = perToken;
        this.offsets = offsets;
        this.width = perToken.columns();
        int largest = Math.min(tile, places.rows());
        this.hidden = tape.scratch(places.dtype(), Shape.of(largest, width));
        this.normed = tape.scratch(places.dtype(), Shape.of(largest, width));
        this.mean = tape.scratch(places.dtype(), Shape.of(largest));
        this.rstd = tape.scratch(places.dtype(), Shape.of(largest));
    }

    @Override
    public void activate(int from, Tensor result) {
        int rows = result.rows();
        tokens = tape.indices(tokensOf(from, rows));
        Tensor x = RowsOf.first(hidden, rows);
        kernels.gatherRows(perToken, tokens, x);
        kernels.gemm(false, true, rows, width, AXES, 1, new Matrix(places, (long) AXES * from, AXES), weight(layer), 1, Matrix.of(x));
        kernels.layerNorm(x, layer.gamma(), layer.beta(), layer.eps(), RowsOf.first(normed, rows), RowsOf.first(mean, rows), RowsOf.first(rstd, rows));
        kernels.unary(Unary.GELU, RowsOf.first(normed, rows), result);
        active = result;
    }

    @Override
    public void backward(int from, Tensor dActive, Tensor dPlaces, Tensor dPerToken, HiddenLayer gradients) {
        int rows = dActive.rows();
        if (dNormed == null) {
            dNormed = tape.scratch(places.dtype(), normed.shape());
            dHidden = tape.scratch(places.dtype(), hidden.shape());
        }
        Tensor dn = RowsOf.first(dNormed, rows);
        kernels.unaryBackward(Unary.GELU, RowsOf.first(normed, rows), active, dActive, false, dn);
        Tensor dx = RowsOf.first(dHidden, rows);
        kernels.layerNormBackward(RowsOf.first(hidden, rows), layer.gamma(), RowsOf.first(mean, rows), RowsOf.first(rstd, rows), dn, false, dx,
                gradients.gamma(), gradients.beta());
        kernels.gemm(true, false, width, AXES, rows, 1, Matrix.of(dx), new Matrix(places, (long) AXES * from, AXES), 1, weight(gradients));
        if (dPlaces != null) {
            kernels.gemm(false, false, rows, AXES, width, 1, Matrix.of(dx), weight(layer), 1, new Matrix(dPlaces, (long) AXES * from, AXES));
        }
        kernels.scatterAddRows(dx, tokens, dPerToken);
    }

    /** The columns of the layer's weight that belong to places. */
    private static Matrix weight(HiddenLayer of) {
        return new Matrix(of.weight(), 0, of.weight().columns());
    }

    private int[] tokensOf(int from, int rows) {
        int columns = offsets.columns();
        int[] tokenOf = new int[rows];
        for (int s = 0; s + 1 < columns; s++) {
            int firstPair = offsets.intAt(2 * columns + s);
            int lastPair = offsets.intAt(2 * columns + s + 1);
            int firstToken = offsets.intAt(columns + s);
            int count = offsets.intAt(columns + s + 1) - firstToken;
            for (int pair = Math.max(from, firstPair); pair < Math.min(from + rows, lastPair); pair++) {
                tokenOf[pair - from] = firstToken + (pair - firstPair) % count;
            }
        }
        return tokenOf;
    }
}
