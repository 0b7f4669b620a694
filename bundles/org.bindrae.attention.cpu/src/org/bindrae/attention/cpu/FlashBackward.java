package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The gradient: weights are computed again from the kept maxima and sums, tile by tile. One task owns a head of a sequence and adds up its tiles in order, so
 * nothing is computed twice and the order of sums is fixed.
 */
final class FlashBackward {
    private static final int ROWS_PER_CHUNK = 16;

    private final Tape tape;
    private final PackedHeads packed;
    private final HeadLayout layout;
    private final RowMath math;
    private final FlashForward.Kept kept;
    private final Tensor result;
    /** Gradients of the weighted sums [H·T, valueWidth]; in the last column −Σ_j a_ij·∂/∂a_ij, which turns gradients of weights into those of logits. */
    private final Tensor sumGradients;
    private final Tensor queryGradients;
    private final Tensor keyGradients;
    private final Tensor valueGradients;

    FlashBackward(Tape tape, PackedHeads packed, RowMath math, FlashForward.Kept kept, Tensor result) {
        this.tape = tape;
        this.packed = packed;
        this.layout = packed.layout();
        this.math = math;
        this.kept = kept;
        this.result = result;
        DType dtype = result.dtype();
        int rows = packed.keys().rows();
        this.sumGradients = tape.scratch(dtype, Shape.of(rows, layout.valueWidth()));
        this.queryGradients = tape.scratch(dtype, Shape.of(rows, layout.keyWidth()));
        this.keyGradients = tape.scratch(dtype, Shape.of(rows, layout.keyWidth()));
        this.valueGradients = tape.scratch(dtype, Shape.of(rows, layout.valueWidth()));
    }

    void run() {
        HostDevice device = HostDevice.of(result);
        Packing packing = packed.inputs().packing();
        int heads = packed.inputs().config().heads();
        ResultGradients resultGradients = new ResultGradients(tape, packed, math, kept, result, sumGradients);
        device.parallel(packed.residues(), ROWS_PER_CHUNK, resultGradients::start);
        Scratch.Pool pool = new Scratch.Pool(device.threads(), () -> Scratch.backward(tape, packed, math));
        double[] distanceGradients = new double[packing.count() * heads];
        device.parallel(distanceGradients.length, 1, (from, to) -> pool.with(scratch -> {
            for (int task = from; task < to; task++) {
                distanceGradients[task] = differentiate(task / heads, task % heads, scratch);
            }
        }));
        InputGradients inputGradients = new InputGradients(tape, packed, math, queryGradients, keyGradients, valueGradients);
        device.parallel(packed.residues(), ROWS_PER_CHUNK, inputGradients::add);
        addHeadWeightGradients(distanceGradients);
    }

    /** Gradients of one head of one sequence; returns Σ_ij ∂/∂logit_ij · distance_ij. */
    private double differentiate(int sequence, int head, Scratch scratch) {
        int start = packed.inputs().packing().start(sequence);
        int length = packed.inputs().packing().length(sequence);
        Tiling keyTiling = Tiling.of(length, Scratch.KEY_TILE);
        Tiling queryTiling = Tiling.of(length, Scratch.QUERY_TILE);
        double distanceGradient = 0;
        for (int keyTile = 0; keyTile < keyTiling.count(); keyTile++) {
            for (int queryTile = 0; queryTile < queryTiling.count(); queryTile++) {
                int query = start + queryTiling.from(queryTile);
                int key = start + keyTiling.from(keyTile);
                distanceGradient += differentiate(head, query, queryTiling.size(queryTile), queryTile == 0, key, keyTiling.size(keyTile), keyTile == 0,
                        scratch);
            }
        }
        return distanceGradient;
    }

    private double differentiate(int head, int query, int queries, boolean firstQueries, int key, int keys, boolean firstKeys, Scratch scratch) {
        Kernels kernels = tape.kernels();
        int queryRow = packed.row(head, query);
        int keyRow = packed.row(head, key);
        Matrix weights = Matrix.of(scratch.logits());
        Matrix gradients = Matrix.of(scratch.gradients());
        Matrix outer = PackedHeads.rows(sumGradients, queryRow, 0);
        Matrix queryRows = PackedHeads.rows(packed.queries(), queryRow, 0);
        Matrix keyRows = PackedHeads.rows(packed.keys(), keyRow, 0);
        kernels.gemm(false, true, queries, keys, layout.logitColumns(), 1, queryRows, keyRows, 0, weights);
        math.subtractDistances(scratch.logits().memory(), scratch.distances().memory(), scratch.stride(), queries, keys, packed.points(head, query, key));
        kernels.gemm(false, true, queries, keys, layout.valueWidth(), 1, outer, PackedHeads.rows(packed.values(), keyRow, 0), 0, gradients);
        softmaxGradient(scratch, queryRow, queries, keys);
        kernels.gemm(true, false, keys, layout.valueWidth(), queries, 1, weights, outer, firstQueries ? 0 : 1, PackedHeads.rows(valueGradients, keyRow, 0));
        kernels.gemm(true, false, keys, layout.keyWidth(), queries, 1, gradients, queryRows, firstQueries ? 0 : 1, PackedHeads.rows(keyGradients, keyRow, 0));
        kernels.gemm(false, false, queries, layout.keyWidth(), keys, 1, gradients, keyRows, firstKeys ? 0 : 1, PackedHeads.rows(queryGradients, queryRow, 0));
        return math.dot(scratch.gradients().memory(), scratch.distances().memory(), scratch.stride(), queries, keys);
    }

    /** Logits to weights, and gradients of weights (less their weighted mean) to those of logits. */
    private void softmaxGradient(Scratch scratch, int queryRow, int queries, int keys) {
        DType dtype = result.dtype();
        MemorySegment weights = scratch.logits().memory();
        for (int i = 0; i < queries; i++) {
            long row = (long) i * scratch.stride();
            math.exponential(weights, row, keys, dtype.get(kept.maxima().memory(), queryRow + i), dtype.get(kept.inverseSums().memory(), queryRow + i));
            math.multiply(weights, scratch.gradients().memory(), row, keys);
        }
    }

    /** distance = w/2 · Σ|qp − kp|² lowers the logit, so ∂/∂w = −Σ ∂/∂logit · distance / w. */
    private void addHeadWeightGradients(double[] distanceGradients) {
        AttentionInputs inputs = packed.inputs();
        IpaConfig config = inputs.config();
        Tensor gradient = tape.gradient(inputs.headWeights());
        if (gradient == null) {
            return;
        }
        DType dtype = gradient.dtype();
        for (int h = 0; h < config.heads(); h++) {
            double sum = 0;
            for (int s = 0; s < inputs.packing().count(); s++) {
                sum += distanceGradients[s * config.heads() + h];
            }
            double headWeight = dtype.get(inputs.headWeights().memory(), h);
            double weight = config.pointWeight(headWeight);
            if (weight > 0) {
                dtype.set(gradient.memory(), h, dtype.get(gradient.memory(), h) - sum / weight * config.pointWeightSlope(headWeight));
            }
        }
    }
}
