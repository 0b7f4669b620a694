package org.bindrae.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PhiloxTest {
    /** The known answers of the authors' Random123 library for philox4x32-10. */
    @Test
    void agreesWithRandom123() {
        check(0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        check(-1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        // counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0
        check(0x299f31d0_a4093822L, 0x03707344_13198a2eL, 0x85a308d3_243f6a88L, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    private static void check(long seed, long stream, long counter, int... expected) {
        int[] words = new int[4];
        Philox.block(seed, stream, counter, words);
        assertArrayEquals(expected, words);
    }

    @Test
    void uniformNumbersAreTheWordsOfTheBlocks() {
        int[] words = new int[4];
        Philox.block(5, 6, 2, words);
        for (int i = 0; i < 4; i++) {
            assertEquals((words[i] >>> 8) / 16777216.0, Philox.uniform(5, 6, 8 + i));
        }
        assertEquals(0, Philox.toUniform(0xFF));
        assertTrue(Philox.toUniform(-1) < 1);
    }

    @Test
    void numbersHaveTheMomentsOfTheirDistribution() {
        int n = 200_000;
        double uniform = 0;
        double mean = 0;
        double square = 0;
        double fourth = 0;
        for (int i = 0; i < n; i++) {
            uniform += Philox.uniform(1, 2, i) / n;
            double x = Philox.normal(1, 2, i);
            mean += x / n;
            square += x * x / n;
            fourth += x * x * x * x / n;
        }
        // five standard errors
        assertEquals(0.5, uniform, 5 * Math.sqrt(1 / 12.0 / n));
        assertEquals(0, mean, 5 / Math.sqrt(n));
        assertEquals(1, square, 5 * Math.sqrt(2.0 / n));
        assertEquals(3, fourth, 5 * Math.sqrt(96.0 / n));
    }

    @Test
    void streamsOfNamesAreStable() {
        // FNV-1a, 64 bit, published test values
        assertEquals(0xcbf29ce484222325L, Philox.stream(""));
        assertEquals(0xaf63dc4c8601ec8cL, Philox.stream("a"));
        assertEquals(0x85944171f73967e8L, Philox.stream("foobar"));
    }
}
