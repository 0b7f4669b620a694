package org.bindrae.attention.cpu;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The way back through {@link ResultRows}: from the gradient of the result to that of the weighted sums, and to what the result depends on directly (frames of
 * the queries, d1).
 */
final class ResultGradients {
    private final PackedHeads packed;
    private final HeadLayout layout;
    private final IpaConfig config;
    private final RowMath math;
    private final ResultRows rows;
    private final FlashForward.Kept kept;
    private final Tensor result;
    private final Tensor gradient;
    private final Tensor sumGradients;
    private final Tensor rotGradient;
    private final Tensor transGradient;
    private final Tensor d1;
    private final Tensor d1Gradient;
    private final DType dtype;

    ResultGradients(Tape tape, PackedHeads packed, RowMath math, FlashForward.Kept kept, Tensor result, Tensor sumGradients) {
        AttentionInputs inputs = packed.inputs();
        this.packed = packed;
        this.layout = packed.layout();
        this.config = inputs.config();
        this.math = math;
        this.rows = new ResultRows(packed, math, result, kept);
        this.kept = kept;
        this.result = result;
        this.gradient = tape.gradient(result);
        this.sumGradients = sumGradients;
        this.rotGradient = tape.gradient(inputs.rot());
        this.transGradient = tape.gradient(inputs.trans());
        this.d1 = inputs.pair() instanceof PairTerm.Factors factors ? factors.d1() : null;
        this.d1Gradient = tape.gradient(d1);
        this.dtype = result.dtype();
    }

    void start(int fromResidue, int toResidue) {
        for (int residue = fromResidue; residue < toResidue; residue++) {
            ResidueFrame frame = ResidueFrame.of(packed.inputs().rot(), packed.inputs().trans(), residue);
            ResidueFrame frameGradient = new ResidueFrame();
            for (int h = 0; h < config.heads(); h++) {
                double mean = scalars(h, residue) + points(h, residue, frame, frameGradient) + collected(h, residue);
                dtype.set(sumGradients.memory(), (long) packed.row(h, residue) * layout.valueWidth() + layout.valueOne(), -mean);
            }
            frameGradient.addTo(rotGradient, transGradient, residue);
        }
    }

    /** Σ result·gradient over the scalars: each block's share of Σ_j a_ij·∂/∂a_ij. */
    private double scalars(int head, int residue) {
        long from = (long) residue * result.columns() + config.scalarColumn(head);
        math.scale(1, gradient.memory(), from, sumGradients.memory(), (long) packed.row(head, residue) * layout.valueWidth(), layout.channels());
        return product(from, layout.channels());
    }

    private double points(int head, int residue, ResidueFrame frame, ResidueFrame frameGradient) {
        PointRows points = rows.points(result, head, residue);
        PointRows gradients = rows.points(gradient, head, residue);
        PointRows armGradients = PackedHeads.packedPoints(sumGradients, packed.row(head, residue), layout.valuePoints(), layout.vPoints());
        PointRows arms = PackedHeads.packedPoints(kept.sums(), packed.row(head, residue), 0, layout.vPoints());
        long norms = (long) residue * result.columns() + config.normColumn(head);
        double[] point = new double[3];
        double[] pointGradient = new double[3];
        double[] arm = new double[3];
        double[] armGradient = new double[3];
        double mean = 0;
        for (int p = 0; p < config.vPoints(); p++) {
            points.get(p, point);
            gradients.get(p, pointGradient);
            arms.get(p, arm);
            double perNorm = dtype.get(gradient.memory(), norms + p) / dtype.get(result.memory(), norms + p);
            for (int k = 0; k < 3; k++) {
                pointGradient[k] += perNorm * point[k];
            }
            frame.rotate(pointGradient, armGradient);
            armGradients.set(p, 1, armGradient);
            frameGradient.addOuter(arm, pointGradient);
            frameGradient.addOrigin(-1, armGradient);
            for (int m = 0; m < 3; m++) {
                // the sums hold Σ a vp = arm + t
                mean += armGradient[m] * (arm[m] + frame.origin(m));
            }
        }
        return mean;
    }

    private double collected(int head, int residue) {
        if (d1 == null) {
            return 0;
        }
        long row = packed.row(head, residue);
        long from = (long) residue * result.columns() + config.collectedColumn(head);
        for (int factor = 0; factor < layout.rank(); factor++) {
            for (int c = 0; c < layout.cDown(); c++) {
                int at = factor * layout.cDown() + c;
                double outer = dtype.get(gradient.memory(), from + c);
                long ownFactor = (long) residue * d1.columns() + at;
                dtype.set(sumGradients.memory(), row * layout.valueWidth() + layout.valueFactors() + at, outer * dtype.get(d1.memory(), ownFactor));
                if (d1Gradient != null) {
                    double sum = dtype.get(kept.sums().memory(), row * kept.sums().columns() + 3 * layout.vPoints() + at);
                    dtype.set(d1Gradient.memory(), ownFactor, dtype.get(d1Gradient.memory(), ownFactor) + outer * sum);
                }
            }
        }
        return product(from, layout.cDown());
    }

    private double product(long from, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += dtype.get(result.memory(), from + i) * dtype.get(gradient.memory(), from + i);
        }
        return sum;
    }
}
