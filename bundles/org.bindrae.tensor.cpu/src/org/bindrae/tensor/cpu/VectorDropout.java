package org.bindrae.tensor.cpu;

import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;
import static org.bindrae.tensor.vector.VectorMath.load;
import static org.bindrae.tensor.vector.VectorMath.store;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Philox;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Dropout with {@link Philox} on vectors: one block of four words per lane of longs, hence two vectors of floats at a time. */
final class VectorDropout {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final VectorShuffle<Long> FIRST_HALF = VectorShuffle.makeZip(LONGS, 0);
    private static final VectorShuffle<Long> SECOND_HALF = VectorShuffle.makeZip(LONGS, 1);
    private static final long WORD = 0xFFFFFFFFL;

    private VectorDropout() {
    }

    /** y = x ∘ factors, or y += x ∘ factors; {@code from} is a multiple of twice the lanes. */
    static void run(MemorySegment x, Dropout dropout, boolean add, MemorySegment y, long from, int n) {
        long seed = dropout.seed();
        long stream = dropout.stream();
        int threshold = dropout.threshold();
        float scale = (float) dropout.scale();
        LongVector lanes = LongVector.zero(LONGS).addIndex(1);
        for (int i = 0; i < n; i += 2 * LANES) {
            LongVector counter = lanes.add((from + i) >>> 2);
            LongVector c0 = counter.and(WORD);
            LongVector c1 = counter.lanewise(VectorOperators.LSHR, 32);
            LongVector c2 = LongVector.broadcast(LONGS, stream & WORD);
            LongVector c3 = LongVector.broadcast(LONGS, stream >>> 32);
            long k0 = seed & WORD;
            long k1 = seed >>> 32;
            for (int round = 0; round < Philox.ROUNDS; round++) {
                LongVector p0 = c0.mul(Philox.M0 & WORD);
                LongVector p1 = c2.mul(Philox.M1 & WORD);
                c0 = p1.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c1).lanewise(VectorOperators.XOR, k0);
                c2 = p0.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c3).lanewise(VectorOperators.XOR, k1);
                c1 = p1.and(WORD);
                c3 = p0.and(WORD);
                k0 = (k0 + Philox.W0) & WORD;
                k1 = (k1 + Philox.W1) & WORD;
            }
            LongVector even = c0.or(c1.lanewise(VectorOperators.LSHL, 32));
            LongVector odd = c2.or(c3.lanewise(VectorOperators.LSHL, 32));
            applyTo(even.rearrange(FIRST_HALF, odd).reinterpretAsInts(), threshold, scale, add, x, y, from + i, n - i);
            if (n - i > LANES) {
                applyTo(even.rearrange(SECOND_HALF, odd).reinterpretAsInts(), threshold, scale, add, x, y, from + i + LANES, n - i - LANES);
            }
        }
    }

    private static void applyTo(IntVector words, int threshold, float scale, boolean add, MemorySegment x, MemorySegment y, long at, int left) {
        VectorMask<Float> kept = words.lanewise(VectorOperators.LSHR, 8).compare(VectorOperators.GE, threshold).cast(FLOATS);
        FloatVector old = add ? load(y, at, left) : FloatVector.zero(FLOATS);
        FloatVector sum = load(x, at, left).lanewise(VectorOperators.FMA, FloatVector.broadcast(FLOATS, scale), old);
        store(old.blend(sum, kept), y, at, left);
    }
}
