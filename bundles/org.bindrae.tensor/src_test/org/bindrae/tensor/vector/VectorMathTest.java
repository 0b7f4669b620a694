package org.bindrae.tensor.vector;

import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

import org.bindrae.tensor.RealMath;
import org.junit.jupiter.api.Test;

import jdk.incubator.vector.FloatVector;

class VectorMathTest {
    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void expIsAccurateToOneUlp() {
        assertTrue(worst(VectorMath::exp, Math::exp, -87, 88.7) <= 1.0);
        assertTrue(worst(VectorMath::exp, Math::exp, -1, 1) <= 1.0);
    }

    @Test
    void expIsRightAtTheEnds() {
        assertEquals(1f, one(VectorMath::exp, 0f));
        assertEquals(1f, one(VectorMath::exp, -0f));
        assertEquals(0f, one(VectorMath::exp, Float.NEGATIVE_INFINITY));
        assertEquals(0f, one(VectorMath::exp, -1e30f));
        assertEquals(Float.POSITIVE_INFINITY, one(VectorMath::exp, Float.POSITIVE_INFINITY));
        assertEquals(Float.POSITIVE_INFINITY, one(VectorMath::exp, 89f));
        assertTrue(Float.isNaN(one(VectorMath::exp, Float.NaN)));
        // subnormal results
        for (float x = -103; x < -87; x += 0.37f) {
            assertEquals(Math.exp(x), one(VectorMath::exp, x), Float.MIN_VALUE, "exp(" + x + ")");
        }
    }

    @Test
    void gaussianAndCdfAreAccurateInBothTails() {
        assertTrue(worst(VectorMath::gaussian, x -> Math.exp(-0.5 * x * x), -13, 13) <= 2);
        assertTrue(worst(VectorMathTest::cdf, RealMath::normalCdf, -12.9, 13) <= 7);
        assertTrue(worst(VectorMathTest::cdf, RealMath::normalCdf, -1, 1) <= 7);
        assertEquals(0.5f, one(VectorMathTest::cdf, 0f), 6e-8f);
        assertEquals(1f, one(VectorMathTest::cdf, 1e30f));
        assertEquals(0f, one(VectorMathTest::cdf, -1e30f));
        assertTrue(Float.isNaN(one(VectorMathTest::cdf, Float.NaN)));
    }

    private static FloatVector cdf(FloatVector x) {
        return VectorMath.normalCdf(x, VectorMath.gaussian(x));
    }

    /** Largest error in units in the last place of the exact result. */
    private double worst(UnaryOperator<FloatVector> function, DoubleUnaryOperator exact, double from, double to) {
        double worst = 0;
        float[] x = new float[LANES];
        for (int trial = 0; trial < 4000; trial++) {
            for (int lane = 0; lane < LANES; lane++) {
                x[lane] = (float) random.nextDouble(from, to);
            }
            float[] y = new float[LANES];
            function.apply(FloatVector.fromArray(FLOATS, x, 0)).intoArray(y, 0);
            for (int lane = 0; lane < LANES; lane++) {
                double expected = exact.applyAsDouble(x[lane]);
                worst = Math.max(worst, Math.abs(y[lane] - expected) / Math.ulp((float) expected));
            }
        }
        return worst;
    }

    private static float one(UnaryOperator<FloatVector> function, float x) {
        return function.apply(FloatVector.broadcast(FLOATS, x)).lane(LANES - 1);
    }

    @Test
    void sumsByHalves() {
        for (int trial = 0; trial < 200; trial++) {
            float[] x = new float[LANES];
            for (int lane = 0; lane < LANES; lane++) {
                x[lane] = (float) random.nextDouble(-1, 1);
            }
            float[] sums = x.clone();
            for (int half = LANES / 2; half > 0; half /= 2) {
                for (int lane = 0; lane < half; lane++) {
                    sums[lane] += sums[lane + half];
                }
            }
            assertEquals(sums[0], VectorMath.sum(FloatVector.fromArray(FLOATS, x, 0)));
        }
    }

    @Test
    void largestLane() {
        for (int lane = 0; lane < LANES; lane++) {
            assertEquals(3f, VectorMath.max(FloatVector.broadcast(FLOATS, -2).withLane(lane, 3)));
        }
        assertTrue(Float.isNaN(VectorMath.max(FloatVector.broadcast(FLOATS, 1).withLane(LANES - 1, Float.NaN))));
    }

    @Test
    void partsOfVectorsTouchNothingBeyondThem() {
        try (Arena arena = Arena.ofConfined()) {
            for (int left = 0; left <= LANES; left++) {
                // exactly as much memory as there may be
                MemorySegment exact = arena.allocate(4L * left, 4);
                for (int i = 0; i < left; i++) {
                    exact.setAtIndex(ValueLayout.JAVA_FLOAT, i, i + 1);
                }
                FloatVector loaded = VectorMath.load(exact, 0, left);
                for (int lane = 0; lane < LANES; lane++) {
                    assertEquals(lane < left ? lane + 1 : 0, loaded.lane(lane));
                    assertEquals(lane < left ? lane + 1 : 9, VectorMath.pad(loaded, left, 9).lane(lane));
                }
                VectorMath.store(loaded.mul(2), exact, 0, left);
                for (int i = 0; i < left; i++) {
                    assertEquals(2 * (i + 1), exact.getAtIndex(ValueLayout.JAVA_FLOAT, i));
                }
            }
        }
    }
}
