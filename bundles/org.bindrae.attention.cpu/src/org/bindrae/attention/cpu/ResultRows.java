package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tensor;

/**
 * From the weighted sums of one query and head to its columns of the result: normalise, turn the points into the residue's frame, contract the pair factors.
 */
record ResultRows(PackedHeads packed, RowMath math, Tensor result, FlashForward.Kept kept) {
    /**
     * @param sums Σ_j exp(logit_ij − max)·value_j from element {@code from} on; the last column is the sum of the weights
     */
    void finish(int head, int residue, MemorySegment sums, long from, double max) {
        DType dtype = result.dtype();
        IpaConfig config = packed.inputs().config();
        HeadLayout layout = packed.layout();
        double inverse = 1 / dtype.get(sums, from + layout.valueOne());
        long row = (long) residue * result.columns();
        math.scale(inverse, sums, from, result.memory(), row + config.scalarColumn(head), layout.channels());
        PointRows arms = new PointRows(dtype, sums, from + layout.valuePoints(), layout.vPoints());
        finishPoints(head, residue, arms, inverse);
        math.scale(inverse, sums, from + layout.valueFactors(), sums, from + layout.valueFactors(), layout.rank() * layout.cDown());
        if (packed.inputs().pair() instanceof PairTerm.Factors factors) {
            contract(factors.d1(), residue, sums, from + layout.valueFactors(), row + config.collectedColumn(head));
        }
        if (kept != null) {
            int at = packed.row(head, residue);
            dtype.set(kept.maxima().memory(), at, max);
            dtype.set(kept.inverseSums().memory(), at, inverse);
            math.scale(1, sums, from + layout.valuePoints(), kept.sums().memory(), (long) at * kept.sums().columns(), kept.sums().columns());
        }
    }

    /** op = Rᵀ(Σ a vp − t) and its norm; leaves Σ a vp − t in place of the sums. */
    private void finishPoints(int head, int residue, PointRows arms, double inverse) {
        IpaConfig config = packed.inputs().config();
        ResidueFrame frame = ResidueFrame.of(packed.inputs().rot(), packed.inputs().trans(), residue);
        long row = (long) residue * result.columns();
        PointRows points = points(result, head, residue);
        double[] arm = new double[3];
        double[] point = new double[3];
        for (int p = 0; p < config.vPoints(); p++) {
            arms.get(p, arm);
            for (int m = 0; m < 3; m++) {
                arm[m] = arm[m] * inverse - frame.origin(m);
            }
            frame.rotateBack(arm, point);
            arms.set(p, 1, arm);
            points.set(p, 1, point);
            double square = point[0] * point[0] + point[1] * point[1] + point[2] * point[2];
            result.dtype().set(result.memory(), row + config.normColumn(head) + p, Math.sqrt(square + AttentionBackend.NORM_EPS));
        }
    }

    /** The value points of a head in the result or its gradient. */
    PointRows points(Tensor tensor, int head, int residue) {
        IpaConfig config = packed.inputs().config();
        return new PointRows(tensor.dtype(), tensor.memory(), (long) residue * tensor.columns() + config.pointColumn(0, head),
                config.heads() * config.vPoints());
    }

    /** Σ_ρ d1_ρ ∘ sums_ρ */
    private void contract(Tensor d1, int residue, MemorySegment sums, long from, long target) {
        DType dtype = result.dtype();
        int width = packed.layout().cDown();
        long factors = (long) residue * d1.columns();
        for (int c = 0; c < width; c++) {
            double collected = 0;
            for (int factor = 0; factor < packed.layout().rank(); factor++) {
                int at = factor * width + c;
                collected += dtype.get(d1.memory(), factors + at) * dtype.get(sums, from + at);
            }
            dtype.set(result.memory(), target + c, collected);
        }
    }
}
