package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The way back through {@link PackedHeads}: gradients of packed rows to those of the attention's inputs. Heads that share an input are added in order. */
final class InputGradients {
    private final PackedHeads packed;
    private final AttentionInputs inputs;
    private final HeadLayout layout;
    private final IpaConfig config;
    private final RowMath math;
    private final Tensor queryRows;
    private final Tensor keyRows;
    private final Tensor valueRows;
    private final Tensor q;
    private final Tensor kv;
    private final Tensor qPoints;
    private final Tensor kvPoints;
    private final Tensor rot;
    private final Tensor trans;
    private final Tensor b1;
    private final Tensor b2;
    private final Tensor d2;

    /** The rows are gradients with respect to the packed queries, keys and values. */
    InputGradients(Tape tape, PackedHeads packed, RowMath math, Tensor queryRows, Tensor keyRows, Tensor valueRows) {
        this.packed = packed;
        this.inputs = packed.inputs();
        this.layout = packed.layout();
        this.config = inputs.config();
        this.math = math;
        this.queryRows = queryRows;
        this.keyRows = keyRows;
        this.valueRows = valueRows;
        this.q = tape.gradient(inputs.q());
        this.kv = tape.gradient(inputs.kv());
        this.qPoints = tape.gradient(inputs.qPoints());
        this.kvPoints = tape.gradient(inputs.kvPoints());
        this.rot = tape.gradient(inputs.rot());
        this.trans = tape.gradient(inputs.trans());
        PairTerm.Factors factors = inputs.pair() instanceof PairTerm.Factors f ? f : null;
        this.b1 = factors == null ? null : tape.gradient(factors.b1());
        this.b2 = factors == null ? null : tape.gradient(factors.b2());
        this.d2 = factors == null ? null : tape.gradient(factors.d2());
    }

    void add(int fromResidue, int toResidue) {
        for (int residue = fromResidue; residue < toResidue; residue++) {
            ResidueFrame frame = ResidueFrame.of(inputs.rot(), inputs.trans(), residue);
            ResidueFrame frameGradient = new ResidueFrame();
            for (int h = 0; h < config.heads(); h++) {
                addScalars(h, residue);
                addFactors(h, residue);
                addPoints(h, residue, frame, frameGradient);
            }
            frameGradient.addTo(rot, trans, residue);
        }
    }

    private void addScalars(int head, int residue) {
        int channels = config.cHidden();
        int row = packed.row(head, residue);
        long pair = ((long) residue * config.heads() + head) * 2 * channels;
        addRow(config.scalarScale(), queryRows, row, 0, q, ((long) residue * config.heads() + head) * channels, channels);
        addRow(1, keyRows, row, 0, kv, pair, channels);
        addRow(1, valueRows, row, 0, kv, pair + channels, channels);
    }

    private void addFactors(int head, int residue) {
        int row = packed.row(head, residue);
        for (int factor = 0; factor < layout.rank(); factor++) {
            long at = ((long) residue * layout.rank() + factor) * config.heads() + head;
            addRow(config.biasScale(), queryRows, row, layout.keyFactors() + factor, b1, at, 1);
            addRow(1, keyRows, row, layout.keyFactors() + factor, b2, at, 1);
        }
        int width = layout.rank() * layout.cDown();
        addRow(1, valueRows, row, layout.valueFactors(), d2, (long) residue * width, width);
    }

    private void addRow(double factor, Tensor rows, int row, int column, Tensor sum, long at, int n) {
        if (sum != null) {
            math.addScaled(factor, rows.memory(), (long) row * rows.columns() + column, sum.memory(), at, n);
        }
    }

    private void addPoints(int head, int residue, ResidueFrame frame, ResidueFrame frameGradient) {
        double scale = packed.pointScales()[head];
        addKeyPoints(packed.queries(), queryRows, head, residue, packed.queryPoints(inputs.qPoints(), head, residue),
                qPoints == null ? null : packed.queryPoints(qPoints, head, residue), scale, frame, frameGradient);
        addKeyPoints(packed.keys(), keyRows, head, residue, packed.keyPoints(inputs.kvPoints(), head, residue),
                kvPoints == null ? null : packed.keyPoints(kvPoints, head, residue), scale, frame, frameGradient);
        PointRows gradients = PackedHeads.packedPoints(valueRows, packed.row(head, residue), layout.valuePoints(), layout.vPoints());
        PointRows local = packed.valuePoints(inputs.kvPoints(), head, residue);
        PointRows target = kvPoints == null ? null : packed.valuePoints(kvPoints, head, residue);
        double[] gradient = new double[3];
        for (int p = 0; p < layout.vPoints(); p++) {
            gradients.get(p, gradient);
            addPoint(p, gradient, local, target, frame, frameGradient);
        }
    }

    /**
     * Logits lose |x_i − y_j|² of the scaled points, so the gradient of x_i is 2·(Σ_j g_ij y_j − x_i Σ_j g_ij) for the gradients g of the logits; both sums
     * come from the tile products, the second as the product with the column of ones. The same holds with queries and keys exchanged.
     */
    private void addKeyPoints(Tensor rows, Tensor gradientRows, int head, int residue, PointRows local, PointRows target, double scale, ResidueFrame frame,
            ResidueFrame frameGradient) {
        DType dtype = rows.dtype();
        int row = packed.row(head, residue);
        MemorySegment memory = gradientRows.memory();
        double sum = dtype.get(memory, (long) row * layout.keyWidth() + layout.keyOne());
        PointRows own = PackedHeads.packedPoints(rows, row, layout.keyPoints(), layout.qkPoints());
        PointRows opposite = PackedHeads.packedPoints(gradientRows, row, layout.keyPoints(), layout.qkPoints());
        double[] point = new double[3];
        double[] gradient = new double[3];
        for (int p = 0; p < layout.qkPoints(); p++) {
            own.get(p, point);
            opposite.get(p, gradient);
            for (int m = 0; m < 3; m++) {
                gradient[m] = 2 * scale * (gradient[m] - point[m] * sum);
            }
            addPoint(p, gradient, local, target, frame, frameGradient);
        }
    }

    /** From a global point R·x + t to x, R and t. */
    private static void addPoint(int p, double[] globalGradient, PointRows local, PointRows target, ResidueFrame frame, ResidueFrame frameGradient) {
        double[] vector = new double[3];
        local.get(p, vector);
        frameGradient.addOuter(globalGradient, vector);
        frameGradient.addOrigin(1, globalGradient);
        if (target != null) {
            frame.rotateBack(globalGradient, vector);
            target.add(p, vector);
        }
    }
}
