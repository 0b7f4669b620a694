package org.bindrae.edge.internal;

import java.util.concurrent.atomic.AtomicReferenceArray;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The {@link IndexEmbedding} of many indices; that of a usual residue number is computed once. */
final class IndexTable {
    private static final int LOWEST = -1024;
    private static final int HIGHEST = 8191;

    private final IndexEmbedding embedding;
    private final AtomicReferenceArray<Row> usual = new AtomicReferenceArray<>(HIGHEST - LOWEST + 1);

    /** An embedding, and the same rounded. */
    private record Row(double[] values, float[] rounded) {
    }

    IndexTable(int width) {
        this.embedding = new IndexEmbedding(width);
    }

    /** [indices, F] */
    Tensor rows(Tape tape, DType dtype, int[] indices) {
        int width = embedding.width();
        Tensor table = tape.scratch(dtype, Shape.of(indices.length, width));
        if (dtype == DType.F32) {
            float[] values = new float[indices.length * width];
            for (int i = 0; i < indices.length; i++) {
                System.arraycopy(row(indices[i]).rounded, 0, values, i * width, width);
            }
            return table.set(values);
        }
        double[] values = new double[indices.length * width];
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(row(indices[i]).values, 0, values, i * width, width);
        }
        return table.set(values);
    }

    private Row row(int index) {
        boolean kept = index >= LOWEST && index <= HIGHEST;
        Row row = kept ? usual.get(index - LOWEST) : null;
        if (row == null) {
            row = embed(index);
            if (kept) {
                usual.set(index - LOWEST, row);
            }
        }
        return row;
    }

    private Row embed(int index) {
        double[] values = new double[embedding.width()];
        embedding.write(index, values, 0);
        float[] rounded = new float[values.length];
        for (int c = 0; c < rounded.length; c++) {
            rounded[c] = (float) values[c];
        }
        return new Row(values, rounded);
    }
}
