package org.bindrae.attention.cpu;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The inputs of the attention arranged for tile products: one contiguous row per head and residue, columns as in {@link HeadLayout}. Query scalars and bias
 * factors carry their scales; the points are global and scaled by sqrt(w_h/2), so that their squared distance is what the logits lose.
 *
 * @param queries [H·T + spare, keyWidth]; the spare rows are read by {@link RowMath} at the end of a tile and mean nothing
 * @param keys [H·T, keyWidth]
 * @param values [H·T, valueWidth]
 * @param keyPlanes the points of the keys again, [H, 3P, planeStride], residues adjacent; zeros behind the last residue
 * @param pointScales sqrt(w_h/2) per head
 */
record PackedHeads(AttentionInputs inputs, HeadLayout layout, Tensor queries, Tensor keys, Tensor values, Tensor keyPlanes, double[] pointScales) {
    private static final int SPARE_ROWS = 3;
    private static final int ROWS_PER_CHUNK = 16;

    static PackedHeads of(Tape tape, AttentionInputs inputs, RowMath math) {
        IpaConfig config = inputs.config();
        HeadLayout layout = HeadLayout.of(config);
        DType dtype = inputs.q().dtype();
        int residues = inputs.packing().total();
        int rows = config.heads() * residues;
        double[] pointScales = new double[config.heads()];
        for (int h = 0; h < pointScales.length; h++) {
            pointScales[h] = Math.sqrt(config.pointWeight(dtype.get(inputs.headWeights().memory(), h)) / 2);
        }
        PackedHeads packed = new PackedHeads(inputs, layout, tape.scratch(dtype, Shape.of(rows + SPARE_ROWS, layout.keyWidth())),
                tape.scratch(dtype, Shape.of(rows, layout.keyWidth())), tape.scratch(dtype, Shape.of(rows, layout.valueWidth())),
                tape.arena().zeros(dtype, Shape.of(config.heads() * 3 * config.qkPoints(), residues + math.lanes())), pointScales);
        HostDevice.of(inputs.q()).parallel(residues, ROWS_PER_CHUNK, (from, to) -> {
            for (int residue = from; residue < to; residue++) {
                packed.packResidue(residue, math);
            }
        });
        return packed;
    }

    int residues() {
        return inputs.packing().total();
    }

    /** Row of a residue in a head. */
    int row(int head, int residue) {
        return head * residues() + residue;
    }

    /** Rows of a packed tensor from {@code row} on, columns from {@code column} on. */
    static Matrix rows(Tensor packed, int row, int column) {
        return new Matrix(packed, (long) row * packed.columns() + column, packed.columns());
    }

    /** The points of a tile of queries and a tile of keys of one head. */
    RowMath.Points points(int head, int query, int key) {
        int planeStride = keyPlanes.columns();
        int dimensions = 3 * layout.qkPoints();
        return new RowMath.Points(queries.memory(), (long) row(head, query) * layout.keyWidth() + layout.keyPoints(), layout.keyWidth(), keyPlanes.memory(),
                (long) head * dimensions * planeStride + key, planeStride, dimensions);
    }

    /** Query points of all heads in a tensor laid out like {@link AttentionInputs#qPoints()}. */
    PointRows queryPoints(Tensor tensor, int head, int residue) {
        int perAxis = inputs.config().heads() * layout.qkPoints();
        return new PointRows(tensor.dtype(), tensor.memory(), 3L * residue * perAxis + head * layout.qkPoints(), perAxis);
    }

    /** Key points in a tensor laid out like {@link AttentionInputs#kvPoints()}. */
    PointRows keyPoints(Tensor tensor, int head, int residue) {
        int perHead = layout.qkPoints() + layout.vPoints();
        int perAxis = inputs.config().heads() * perHead;
        return new PointRows(tensor.dtype(), tensor.memory(), 3L * residue * perAxis + head * perHead, perAxis);
    }

    /** Value points in a tensor laid out like {@link AttentionInputs#kvPoints()}. */
    PointRows valuePoints(Tensor tensor, int head, int residue) {
        PointRows keys = keyPoints(tensor, head, residue);
        return new PointRows(keys.dtype(), keys.memory(), keys.from() + layout.qkPoints(), keys.stride());
    }

    /** Points in a row of a packed tensor. */
    static PointRows packedPoints(Tensor packed, int row, int column, int points) {
        return new PointRows(packed.dtype(), packed.memory(), (long) row * packed.columns() + column, points);
    }

    private void packResidue(int residue, RowMath math) {
        IpaConfig config = inputs.config();
        DType dtype = queries.dtype();
        ResidueFrame frame = ResidueFrame.of(inputs.rot(), inputs.trans(), residue);
        int channels = config.cHidden();
        for (int h = 0; h < config.heads(); h++) {
            int row = row(h, residue);
            long keyRow = (long) row * layout.keyWidth();
            long valueRow = (long) row * layout.valueWidth();
            long kv = ((long) residue * config.heads() + h) * 2 * channels;
            math.scale(config.scalarScale(), inputs.q().memory(), ((long) residue * config.heads() + h) * channels, queries.memory(), keyRow, channels);
            math.scale(1, inputs.kv().memory(), kv, keys.memory(), keyRow, channels);
            math.scale(1, inputs.kv().memory(), kv + channels, values.memory(), valueRow, channels);
            if (inputs.pair() instanceof PairTerm.Factors factors) {
                packFactors(factors, h, residue, math);
            }
            packPoints(frame, queryPoints(inputs.qPoints(), h, residue), pointScales[h], packedPoints(queries, row, layout.keyPoints(), layout.qkPoints()),
                    layout.qkPoints());
            PointRows keyTarget = packedPoints(keys, row, layout.keyPoints(), layout.qkPoints());
            packPoints(frame, keyPoints(inputs.kvPoints(), h, residue), pointScales[h], keyTarget, layout.qkPoints());
            packPoints(frame, valuePoints(inputs.kvPoints(), h, residue), 1, packedPoints(values, row, layout.valuePoints(), layout.vPoints()),
                    layout.vPoints());
            for (int d = 0; d < 3 * layout.qkPoints(); d++) {
                long plane = (long) h * 3 * layout.qkPoints() + d;
                dtype.set(keyPlanes.memory(), plane * keyPlanes.columns() + residue, dtype.get(keys.memory(), keyTarget.from() + d));
            }
            dtype.set(queries.memory(), keyRow + layout.keyOne(), 1);
            dtype.set(keys.memory(), keyRow + layout.keyOne(), 1);
            dtype.set(values.memory(), valueRow + layout.valueOne(), 1);
        }
    }

    private void packFactors(PairTerm.Factors factors, int head, int residue, RowMath math) {
        DType dtype = queries.dtype();
        int heads = inputs.config().heads();
        long keyRow = (long) row(head, residue) * layout.keyWidth() + layout.keyFactors();
        for (int factor = 0; factor < layout.rank(); factor++) {
            long at = ((long) residue * layout.rank() + factor) * heads + head;
            dtype.set(queries.memory(), keyRow + factor, inputs.config().biasScale() * dtype.get(factors.b1().memory(), at));
            dtype.set(keys.memory(), keyRow + factor, dtype.get(factors.b2().memory(), at));
        }
        int width = layout.rank() * layout.cDown();
        math.scale(1, factors.d2().memory(), (long) residue * width, values.memory(), (long) row(head, residue) * layout.valueWidth() + layout.valueFactors(),
                width);
    }

    private static void packPoints(ResidueFrame frame, PointRows local, double scale, PointRows packed, int points) {
        double[] x = new double[3];
        double[] y = new double[3];
        for (int p = 0; p < points; p++) {
            local.get(p, x);
            frame.toGlobal(x, y);
            packed.set(p, scale, y);
        }
    }
}
