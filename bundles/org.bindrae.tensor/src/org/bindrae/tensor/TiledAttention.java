package org.bindrae.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.ColumnCopy;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Kernels.SelfAttention;

/** {@link Kernels#selfAttention} by other kernels, for devices without one of their own: tiles of queries against all keys of their sequence. */
final class TiledAttention {
    /** Elements of a tile of scores, but for a row of a longer sequence. */
    private static final int TILE = 1 << 22;

    private final Kernels kernels;
    private final SelfAttention form;
    private final TensorArena room;
    private final int columns;
    /** Tiles are overwritten one after the other. */
    private final Map<Shape, Tensor> scores = new HashMap<>();

    TiledAttention(Kernels kernels, SelfAttention form, TensorArena room) {
        this.kernels = kernels;
        this.form = form;
        this.room = room;
        this.columns = form.rotation().columns();
    }

    void run(Tensor q, Tensor k, Tensor v, Tensor y) {
        Packing sequences = form.sequences();
        if (sequences.total() == 0) {
            return;
        }
        Tensor positions = positions();
        Tensor queries = rotated(q, positions);
        Tensor keys = rotated(k, positions);
        for (int s = 0; s < sequences.count(); s++) {
            int length = sequences.length(s);
            int tile = Math.max(1, Math.min(length, TILE / Math.max(1, length)));
            for (int from = 0; from < length; from += tile) {
                for (int head = 0; head < form.heads(); head++) {
                    attend(queries, keys, v, y, head, sequences.start(s), from, Math.min(tile, length - from), length);
                }
            }
        }
    }

    private void attend(Tensor q, Tensor k, Tensor v, Tensor y, int head, int start, int from, int rows, int length) {
        Tensor tile = scores.computeIfAbsent(Shape.of(rows, length), shape -> room.allocate(q.dtype(), shape));
        kernels.gemm(false, true, rows, length, columns, form.scale(), at(q, start + from, head), at(k, start, head), 0, Matrix.of(tile));
        kernels.softmax(tile, tile);
        kernels.gemm(false, false, rows, columns, length, 1, Matrix.of(tile), at(v, start, head), 0, at(y, start + from, head));
    }

    private Matrix at(Tensor x, int row, int head) {
        int stride = form.heads() * columns;
        return new Matrix(x, (long) row * stride + (long) head * columns, stride);
    }

    /** The position of each row of each head [rows·heads]. */
    private Tensor positions() {
        Packing sequences = form.sequences();
        int heads = form.heads();
        int[] positions = new int[sequences.total() * heads];
        for (int s = 0; s < sequences.count(); s++) {
            for (int row = sequences.start(s); row < sequences.end(s); row++) {
                Arrays.fill(positions, row * heads, (row + 1) * heads, row - sequences.start(s));
            }
        }
        return room.allocate(DType.I32, Shape.of(positions.length)).set(positions);
    }

    /** x·cos + swapped(x)·(−sin, sin), by rows of one head. */
    private Tensor rotated(Tensor x, Tensor positions) {
        int rows = Math.toIntExact(positions.size());
        int half = columns / 2;
        Tensor heads = x.reshape(rows, columns);
        Tensor angles = memory(x, rows);
        kernels.gatherRows(form.rotation(), positions, angles);
        Tensor cosines = memory(x, rows);
        Tensor sines = memory(x, rows);
        Tensor swapped = memory(x, rows);
        List<ColumnCopy> copies = new ArrayList<>();
        for (int part : new int[] {0, half}) {
            copies.add(new ColumnCopy(angles, 0, cosines, part, half));
            copies.add(new ColumnCopy(angles, half, sines, part, half));
            copies.add(new ColumnCopy(heads, half - part, swapped, part, half));
        }
        kernels.copyColumns(copies, false);
        Tensor signs = room.allocate(x.dtype(), Shape.of(columns));
        double[] sign = new double[columns];
        Arrays.fill(sign, 0, half, -1);
        Arrays.fill(sign, half, columns, 1);
        kernels.multiply(sines, signs.set(sign), Broadcast.ROW, sines);
        Tensor rotated = memory(x, rows);
        kernels.multiply(heads, cosines, Broadcast.NONE, rotated);
        kernels.multiplyAdd(swapped, sines, Broadcast.NONE, rotated);
        return rotated;
    }

    private Tensor memory(Tensor like, int rows) {
        return room.allocate(like.dtype(), Shape.of(rows, columns));
    }
}
