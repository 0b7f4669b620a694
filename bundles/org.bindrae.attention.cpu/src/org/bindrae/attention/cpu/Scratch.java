package org.bindrae.attention.cpu;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Working memory of one thread: tiles of queries × keys, with rows padded for {@link RowMath}, and a tile of result rows.
 *
 * @param logits then weights
 * @param gradients of the weights, then of the logits; null in the forward pass
 * @param distances null in the forward pass
 * @param sums query rows × valueWidth; null in the backward pass
 */
record Scratch(Tensor logits, Tensor gradients, Tensor distances, Tensor sums) {
    /** Largest tile of queries; {@link RowMath} works on four rows at a time. */
    static final int QUERY_TILE = 64;
    /** Largest tile of keys. */
    static final int KEY_TILE = 256;

    static Scratch forward(Tape tape, PackedHeads packed, RowMath math) {
        DType dtype = packed.queries().dtype();
        return new Scratch(tile(tape, packed, math), null, null, tape.scratch(dtype, Shape.of(QUERY_TILE, packed.layout().valueWidth())));
    }

    static Scratch backward(Tape tape, PackedHeads packed, RowMath math) {
        return new Scratch(tile(tape, packed, math), tile(tape, packed, math), tile(tape, packed, math), null);
    }

    private static Tensor tile(Tape tape, PackedHeads packed, RowMath math) {
        int keys = Math.min(KEY_TILE, packed.inputs().packing().longest());
        // zeros, because the padding of a row takes part in arithmetic that must not meet a NaN
        return tape.arena().zeros(packed.queries().dtype(), Shape.of(QUERY_TILE, Math.ceilDiv(keys, math.lanes()) * math.lanes()));
    }

    int stride() {
        return logits.columns();
    }

    static Matrix whole(Tensor tile) {
        return Matrix.of(tile);
    }

    /** As many scratches as threads may ask for at once. */
    static final class Pool {
        private final BlockingQueue<Scratch> free;

        Pool(int threads, java.util.function.Supplier<Scratch> supplier) {
            this.free = new ArrayBlockingQueue<>(threads);
            for (int i = 0; i < threads; i++) {
                free.add(supplier.get());
            }
        }

        /** Runs work with a scratch of its own; which one makes no difference to the result. */
        void with(Consumer<Scratch> work) {
            Scratch scratch;
            try {
                scratch = free.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while computing attention", e);
            }
            try {
                work.accept(scratch);
            } finally {
                free.add(scratch);
            }
        }
    }
}
