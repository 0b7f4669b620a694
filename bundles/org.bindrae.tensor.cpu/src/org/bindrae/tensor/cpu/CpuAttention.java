package org.bindrae.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.SelfAttention;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.ElementLoops.Combination;

/**
 * Self-attention with rotary positions: queries and keys are turned first; then each task takes some queries of one head through tiles of keys with a running
 * maximum (online softmax; Milakov and Gimelshein 2018, Dao et al. 2022), so that no memory grows with the square of a sequence.
 */
final class CpuAttention {
    /** Queries and keys of a tile: the scores stay in the second-level cache. */
    private static final int QUERIES = 128;
    private static final int KEYS = 512;
    /** Tiles of queries of a task, which share their working memory. */
    private static final int TILES = 4;

    private final WorkerPool pool;
    private final MatrixProduct product;
    private final Loops loops;
    private final SelfAttention form;
    private final DType type;
    private final int stride;
    private final int columns;
    private final MemorySegment queries;
    private final MemorySegment keys;
    private final MemorySegment values;
    private final MemorySegment result;

    private record Task(int sequence, int head, int from, int to) {
    }

    CpuAttention(WorkerPool pool, MatrixProduct product, Loops loops, SelfAttention form, Tensor q, Tensor k, Tensor v, TensorArena room, Tensor y) {
        this.pool = pool;
        this.product = product;
        this.loops = loops;
        this.form = form;
        this.type = q.dtype();
        this.stride = q.columns();
        this.columns = form.rotation().columns();
        this.queries = room.allocate(type, q.shape()).memory();
        this.keys = room.allocate(type, k.shape()).memory();
        this.values = v.memory();
        this.result = y.memory();
        rotate(q.memory(), form.scale(), queries);
        rotate(k.memory(), 1, keys);
    }

    private void rotate(MemorySegment x, double scale, MemorySegment y) {
        Packing sequences = form.sequences();
        int[] positions = new int[sequences.total()];
        for (int s = 0; s < sequences.count(); s++) {
            for (int row = sequences.start(s); row < sequences.end(s); row++) {
                positions[row] = row - sequences.start(s);
            }
        }
        pool.parallel(positions.length, Math.max(1, (1 << 15) / stride), (from, to) -> {
            for (int row = from; row < to; row++) {
                for (int head = 0; head < form.heads(); head++) {
                    loops.rows().rotate(x, at(row, head), form.rotation().memory(), (long) positions[row] * columns, columns / 2, scale, y);
                }
            }
        });
    }

    /** First element of a head in a row. */
    private long at(int row, int head) {
        return (long) row * stride + (long) head * columns;
    }

    void run() {
        Packing sequences = form.sequences();
        List<Task> tasks = new ArrayList<>();
        for (int s = 0; s < sequences.count(); s++) {
            for (int head = 0; head < form.heads(); head++) {
                for (int from = sequences.start(s); from < sequences.end(s); from += QUERIES * TILES) {
                    tasks.add(new Task(s, head, from, Math.min(from + QUERIES * TILES, sequences.end(s))));
                }
            }
        }
        int keyTile = Math.min(KEYS, sequences.longest());
        pool.parallel(tasks.size(), 1, (first, last) -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment scores = arena.allocate((long) QUERIES * keyTile * type.bytes(), Long.BYTES);
                for (Task task : tasks.subList(first, last)) {
                    for (int from = task.from; from < task.to; from += QUERIES) {
                        attend(task, from, Math.min(QUERIES, task.to - from), scores);
                    }
                }
            }
        });
    }

    private void attend(Task task, int query, int count, MemorySegment scores) {
        Packing sequences = form.sequences();
        double[] maxima = new double[count];
        double[] sums = new double[count];
        long out = at(query, task.head);
        for (int key = sequences.start(task.sequence), n; key < sequences.end(task.sequence); key += n) {
            n = Math.min(KEYS, sequences.end(task.sequence) - key);
            boolean first = key == sequences.start(task.sequence);
            product.multiply(type, false, true, count, n, columns, 1, slice(queries, out), stride, slice(keys, at(key, task.head)), stride, 0, scores, n);
            for (int i = 0; i < count; i++) {
                weigh(scores, (long) i * n, n, first, maxima, sums, i, out + (long) i * stride);
            }
            product.multiply(type, false, false, count, columns, n, 1, scores, n, slice(values, at(key, task.head)), stride, first ? 0 : 1, slice(result, out),
                    stride);
        }
        for (int i = 0; i < count; i++) {
            scale(1 / sums[i], out + (long) i * stride);
        }
    }

    /** Scores of one query to exp(score − maximum so far), and what was summed under a smaller maximum to the new scale. */
    private void weigh(MemorySegment scores, long from, int n, boolean first, double[] maxima, double[] sums, int i, long out) {
        double max = loops.rows().max(scores, from, n);
        if (!first) {
            max = Math.max(max, maxima[i]);
            if (max != maxima[i]) {
                double factor = StrictMath.exp(maxima[i] - max);
                sums[i] *= factor;
                scale(factor, out);
            }
        }
        maxima[i] = max;
        sums[i] += loops.rows().exponential(scores, from, n, max);
    }

    private void scale(double factor, long out) {
        loops.elements().combine(Combination.MULTIPLY, result, out, factor, result, out, columns);
    }

    private MemorySegment slice(MemorySegment memory, long element) {
        return memory.asSlice(element * type.bytes());
    }
}
