package org.bindrae.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;

class RealMathTest {
    @Test
    void normalCdfIsExactInBothTails() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 400; i++) {
            double x = random.nextDouble(-20, 20) * (i % 3 == 0 ? 0.1 : 1);
            double exact = Normal.cdf(x);
            assertEquals(exact, RealMath.normalCdf(x), 1e-15 * exact, "at " + x);
        }
        assertEquals(0.5, RealMath.normalCdf(0));
        assertEquals(1, RealMath.normalCdf(100));
        assertTrue(RealMath.normalCdf(-100) < 1e-300);
        assertTrue(Double.isNaN(RealMath.normalCdf(Double.NaN)));
    }

    /** erfc(1) and erfc(5) to 16 digits, Abramowitz and Stegun: an anchor for the series itself. */
    @Test
    void theSeriesAgreesWithTables() {
        assertEquals(0.1572992070502851, 2 * Normal.cdf(-Math.sqrt(2)), 1e-16);
        assertEquals(1.537459794428035e-12, 2 * Normal.cdf(-5 * Math.sqrt(2)), 1e-26);
        assertEquals(0.8413447460685429, Normal.cdf(1), 1e-16);
    }

    @Test
    void densityIsTheSlopeOfTheCdf() {
        for (double x = -6; x <= 6; x += 0.37) {
            double h = 1e-4;
            double slope = (RealMath.normalCdf(x + h) - RealMath.normalCdf(x - h)) / (2 * h);
            assertEquals(slope, RealMath.normalDensity(x), 1e-8);
        }
    }

    @Test
    void sigmoidAndSoftplusNeitherOverflowNorCancel() {
        assertEquals(1 / (1 + Math.exp(-0.3)), RealMath.sigmoid(0.3), 1e-16);
        assertEquals(Math.exp(-700), RealMath.sigmoid(-700), 1e-318);
        assertEquals(1, RealMath.sigmoid(800));
        assertEquals(0, RealMath.sigmoid(-800));
        assertEquals(Math.log(2), RealMath.softplus(0), 1e-16);
        assertEquals(800, RealMath.softplus(800));
        assertEquals(Math.exp(-50), RealMath.softplus(-50), 1e-36);
        assertEquals(1, RealMath.softplus(0.541324854612918), 1e-15);
    }
}
