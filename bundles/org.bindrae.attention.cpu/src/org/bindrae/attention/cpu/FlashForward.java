package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Softmax attention over tiles of keys with a running maximum (online softmax; Milakov and Gimelshein 2018, Dao et al. 2022). A tile of queries of one head is
 * one task.
 */
final class FlashForward {
    private final Tape tape;
    private final PackedHeads packed;
    private final HeadLayout layout;
    private final RowMath math;
    private final ResultRows rows;
    private final Kept kept;

    /**
     * What the backward pass needs.
     *
     * @param maxima largest logit of each row [H·T]
     * @param inverseSums 1 / Σ exp(logit − maximum) [H·T]
     * @param sums weighted value points relative to the frame's origin, and weighted factors [H·T, 3V + r·c_d]
     */
    record Kept(Tensor maxima, Tensor inverseSums, Tensor sums) {
    }

    private record Task(int sequence, int head, int query, int queries) {
    }

    FlashForward(Tape tape, PackedHeads packed, RowMath math, Tensor result) {
        this.tape = tape;
        this.packed = packed;
        this.layout = packed.layout();
        this.math = math;
        DType dtype = result.dtype();
        int count = packed.keys().rows();
        this.kept = result.requiresGradient() ? new Kept(tape.scratch(dtype, Shape.of(count)), tape.scratch(dtype, Shape.of(count)),
                tape.scratch(dtype, Shape.of(count, layout.valueOne() - layout.valuePoints()))) : null;
        this.rows = new ResultRows(packed, math, result, kept);
    }

    /** Null when nothing is recorded. */
    Kept kept() {
        return kept;
    }

    void run() {
        HostDevice device = HostDevice.of(packed.queries());
        Scratch.Pool pool = new Scratch.Pool(device.threads(), () -> Scratch.forward(tape, packed, math));
        List<Task> tasks = tasks();
        device.parallel(tasks.size(), 1, (from, to) -> pool.with(scratch -> {
            for (Task task : tasks.subList(from, to)) {
                attend(task, scratch);
            }
        }));
    }

    private List<Task> tasks() {
        Packing packing = packed.inputs().packing();
        List<Task> tasks = new ArrayList<>();
        for (int s = 0; s < packing.count(); s++) {
            Tiling tiling = Tiling.of(packing.length(s), Scratch.QUERY_TILE);
            for (int h = 0; h < packed.inputs().config().heads(); h++) {
                for (int tile = 0; tile < tiling.count(); tile++) {
                    tasks.add(new Task(s, h, packing.start(s) + tiling.from(tile), tiling.size(tile)));
                }
            }
        }
        return tasks;
    }

    private void attend(Task task, Scratch scratch) {
        Kernels kernels = tape.kernels();
        int start = packed.inputs().packing().start(task.sequence());
        Tiling keyTiling = Tiling.of(packed.inputs().packing().length(task.sequence()), Scratch.KEY_TILE);
        double[] maxima = new double[task.queries()];
        Matrix queries = PackedHeads.rows(packed.queries(), packed.row(task.head(), task.query()), 0);
        for (int tile = 0; tile < keyTiling.count(); tile++) {
            int key = start + keyTiling.from(tile);
            int keys = keyTiling.size(tile);
            int keyRow = packed.row(task.head(), key);
            kernels.gemm(false, true, task.queries(), keys, layout.logitColumns(), 1, queries, PackedHeads.rows(packed.keys(), keyRow, 0), 0,
                    Matrix.of(scratch.logits()));
            math.subtractDistances(scratch.logits().memory(), null, scratch.stride(), task.queries(), keys, packed.points(task.head(), task.query(), key));
            weigh(scratch, task.queries(), keys, maxima, tile == 0);
            kernels.gemm(false, false, task.queries(), layout.valueWidth(), keys, 1, Matrix.of(scratch.logits()), PackedHeads.rows(packed.values(), keyRow, 0),
                    tile == 0 ? 0 : 1, Matrix.of(scratch.sums()));
        }
        for (int i = 0; i < task.queries(); i++) {
            rows.finish(task.head(), task.query() + i, scratch.sums().memory(), (long) i * layout.valueWidth(), maxima[i]);
        }
    }

    /** Logits to exp(logit − maximum so far), and what was summed under a smaller maximum to the new scale. */
    private void weigh(Scratch scratch, int queries, int keys, double[] maxima, boolean first) {
        MemorySegment logits = scratch.logits().memory();
        for (int i = 0; i < queries; i++) {
            long row = (long) i * scratch.stride();
            double max = math.max(logits, row, keys);
            if (!first) {
                double previous = maxima[i];
                max = Math.max(previous, max);
                if (max != previous) {
                    long sums = (long) i * layout.valueWidth();
                    math.scale(StrictMath.exp(previous - max), scratch.sums().memory(), sums, scratch.sums().memory(), sums, layout.valueWidth());
                }
            }
            maxima[i] = max;
            math.exponential(logits, row, keys, max, 1);
        }
    }
}
