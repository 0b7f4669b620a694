package org.bindrae.tensor.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class InitializerTest {
    @Test
    void truncatedNormalHasTheVarianceAskedForAndNoTails() {
        int n = 100_000;
        int fanIn = 384;
        Initializer initializer = Initializer.truncatedNormal(2, fanIn);
        double limit = 2 * Math.sqrt(2.0 / fanIn) / 0.87962566103423978;
        double mean = 0;
        double square = 0;
        for (int i = 0; i < n; i++) {
            double x = initializer.value(3, 4, i);
            assertTrue(Math.abs(x) <= limit);
            mean += x / n;
            square += x * x / n;
        }
        double variance = 2.0 / fanIn;
        assertEquals(0, mean, 5 * Math.sqrt(variance / n));
        assertEquals(variance, square, 5 * variance * Math.sqrt(2.0 / n));
    }

    @Test
    void valuesDependOnSeedStreamAndIndexOnly() {
        Initializer initializer = Initializer.truncatedNormal(1, 10);
        assertEquals(initializer.value(1, 2, 3), initializer.value(1, 2, 3));
        assertTrue(initializer.value(1, 2, 3) != initializer.value(2, 2, 3));
        assertTrue(initializer.value(1, 2, 3) != initializer.value(1, 3, 3));
        assertTrue(initializer.value(1, 2, 3) != initializer.value(1, 2, 4));
        assertEquals(7, Initializer.constant(7).value(1, 2, 3));
    }
}
