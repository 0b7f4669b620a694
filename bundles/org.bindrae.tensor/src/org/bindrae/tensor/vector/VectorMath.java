package org.bindrae.tensor.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of float vectors built from fused multiply-adds, and reductions of fixed order: unlike {@link VectorOperators#EXP} and {@link
 * FloatVector#reduceLanes}, whose results may change when code is compiled, they give the same bits at every time on the same machine.
 */
public final class VectorMath {
    /** The vectors of this machine; everything here works on this species. */
    public static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    /** Lanes of {@link #FLOATS}. */
    public static final int LANES = FLOATS.length();

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static final float LOG2_E = 1.44269504088896f;
    private static final float LN2_HIGH = 0.693145751953125f;
    private static final float LN2_LOW = 1.42860677e-6f;
    /** Adding 1.5·2^23 rounds to an integer in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;

    /** Beyond this, exp(−x²/2) is zero in float. */
    private static final float FARTHEST = 14.5f;

    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_1 = swap(1);

    private VectorMath() {
    }

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
    }

    /** Floats {@code index} to {@code index + LANES} of native memory, of which only {@code left} are there: the others read as zero. */
    public static FloatVector load(MemorySegment data, long index, int left) {
        if (left >= LANES) {
            return FloatVector.fromMemorySegment(FLOATS, data, index * Float.BYTES, ORDER);
        }
        return FloatVector.fromMemorySegment(FLOATS, data, index * Float.BYTES, ORDER, FLOATS.indexInRange(0, left));
    }

    /** Writes the first {@code left} lanes (all when there are more) to native memory at float {@code index}. */
    public static void store(FloatVector vector, MemorySegment data, long index, int left) {
        if (left >= LANES) {
            vector.intoMemorySegment(data, index * Float.BYTES, ORDER);
        } else {
            vector.intoMemorySegment(data, index * Float.BYTES, ORDER, FLOATS.indexInRange(0, left));
        }
    }

    /** The first {@code left} lanes, and {@code other} in the rest. */
    public static FloatVector pad(FloatVector vector, int left, float other) {
        return left >= LANES ? vector : vector.blend(other, FLOATS.indexInRange(0, left).not());
    }

    /** Σ of all lanes by halves: lane i + lane i+n/2, and so on. */
    public static float sum(FloatVector v) {
        if (LANES > 8) {
            v = v.add(v.rearrange(SWAP_8));
        }
        if (LANES > 4) {
            v = v.add(v.rearrange(SWAP_4));
        }
        if (LANES > 2) {
            v = v.add(v.rearrange(SWAP_2));
        }
        return v.add(v.rearrange(SWAP_1)).lane(0);
    }

    /** Largest lane; NaN if there is one. */
    public static float max(FloatVector v) {
        return v.reduceLanes(VectorOperators.MAX);
    }

    /** exp(x) to 1 ulp: x = n·ln 2 + r, a polynomial in r, and two multiplications by powers of two so that subnormal results come out too. NaN stays NaN. */
    public static FloatVector exp(FloatVector x) {
        x = x.blend(-105f, x.compare(VectorOperators.LT, -105f));
        return expInRange(x.blend(89f, x.compare(VectorOperators.GT, 89f)));
    }

    /** exp(x) for −106 ≤ x ≤ 89. */
    private static FloatVector expInRange(FloatVector x) {
        FloatVector shifted = x.lanewise(VectorOperators.FMA, LOG2_E, ROUNDER);
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.lanewise(VectorOperators.FMA, FloatVector.broadcast(FLOATS, -LN2_HIGH), x);
        r = n.lanewise(VectorOperators.FMA, FloatVector.broadcast(FLOATS, -LN2_LOW), r);
        FloatVector p = r.lanewise(VectorOperators.FMA, 1.98527619e-4f, 1.39304355e-3f);
        p = p.lanewise(VectorOperators.FMA, r, 8.33336077e-3f);
        p = p.lanewise(VectorOperators.FMA, r, 4.16664853e-2f);
        p = p.lanewise(VectorOperators.FMA, r, 1.66666672e-1f);
        p = p.lanewise(VectorOperators.FMA, r, 0.5f);
        FloatVector y = r.mul(r).lanewise(VectorOperators.FMA, p, r).add(1f);
        IntVector exponent = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
        IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
        return y.mul(power(half)).mul(power(exponent.sub(half)));
    }

    /** 2^n for −126 ≤ n ≤ 127. */
    private static FloatVector power(IntVector n) {
        return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    /** exp(−x²/2) to 2 ulp, the rounding of the square corrected. */
    public static FloatVector gaussian(FloatVector x) {
        FloatVector u = distance(x);
        FloatVector square = u.mul(u);
        FloatVector rounding = u.lanewise(VectorOperators.FMA, u, square.neg());
        FloatVector e = expInRange(square.mul(-0.5f));
        return e.lanewise(VectorOperators.FMA, rounding.mul(-0.5f), e);
    }

    /**
     * Φ(x), the standard normal distribution function, to 7 ulp even in the lower tail, given {@link #gaussian}(x): for u = |x| the polynomial is the Chebyshev
     * expansion of (u + 4)·exp(u²/2)·Φ(−u) in q = (u − 4)/(u + 4) on [0, 14.5], relative error 3e-8.
     */
    public static FloatVector normalCdf(FloatVector x, FloatVector gaussian) {
        FloatVector r = FloatVector.broadcast(FLOATS, 1f).div(distance(x).add(4f));
        FloatVector q = r.lanewise(VectorOperators.FMA, -8f, 1f);
        FloatVector p = q.lanewise(VectorOperators.FMA, -0.00012298315f, 0.00019480185f);
        p = p.lanewise(VectorOperators.FMA, q, 0.0015693137f);
        p = p.lanewise(VectorOperators.FMA, q, -0.003523574f);
        p = p.lanewise(VectorOperators.FMA, q, -0.007527213f);
        p = p.lanewise(VectorOperators.FMA, q, 0.06040647f);
        p = p.lanewise(VectorOperators.FMA, q, -0.186523f);
        p = p.lanewise(VectorOperators.FMA, q, 0.38713667f);
        p = p.lanewise(VectorOperators.FMA, q, -0.6078966f);
        p = p.lanewise(VectorOperators.FMA, q, 0.75528514f);
        FloatVector tail = p.mul(r).mul(gaussian);
        return tail.blend(FloatVector.broadcast(FLOATS, 1f).sub(tail), x.compare(VectorOperators.GE, 0f));
    }

    private static FloatVector distance(FloatVector x) {
        FloatVector u = x.abs();
        return u.blend(FARTHEST, u.compare(VectorOperators.GT, FARTHEST));
    }
}
