package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;

import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static Tally tally(double... sums) {
        long[] counts = new long[sums.length];
        Arrays.fill(counts, 10);
        return new Tally(sums, counts);
    }

    @Test
    void equalStructuresLeaveNoDoubt() {
        assertEquals(new Interval(0.7, 0.7), new Bootstrap(1, 4, 200).of(tally(7, 7, 7, 7)));
    }

    @Test
    void theWidthIsThatOfTheStandardErrorOfTheMean() {
        Random random = new Random(5);
        double[] sums = random.doubles(200, 0, 10).toArray();
        Interval interval = new Bootstrap(1, 200, 2000).of(tally(sums));
        // uniform on [0, 1): standard deviation 1/√12
        double expected = 2 * 1.96 / Math.sqrt(12 * 200);
        assertEquals(expected, interval.high() - interval.low(), 0.15 * expected);
        double mean = Arrays.stream(sums).sum() / 2000;
        assertTrue(interval.low() < mean && mean < interval.high());
    }

    @Test
    void largeStructuresWeighMore() {
        Tally tally = new Tally(new double[] {0, 100}, new long[] {1, 100});
        Interval interval = new Bootstrap(1, 2, 1000).of(tally);
        assertEquals(0, interval.low());
        assertEquals(1, interval.high());
        assertEquals(100.0 / 101, tally.score().value());
    }

    @Test
    void differencesArePaired() {
        // both vary widely from structure to structure, but the first is always better by 0.1
        Interval interval = new Bootstrap(1, 4, 500).ofDifference(tally(3, 9, 5, 2), tally(2, 8, 4, 1));
        assertEquals(0.1, interval.low(), 1e-12);
        assertEquals(0.1, interval.high(), 1e-12);
    }

    @Test
    void theSeedDecidesEverything() {
        Tally tally = tally(1, 5, 7, 3, 9, 2);
        assertEquals(new Bootstrap(1, 6, 100).of(tally), new Bootstrap(1, 6, 100).of(tally));
        assertFalse(new Bootstrap(1, 6, 100).of(tally).equals(new Bootstrap(2, 6, 100).of(tally)));
    }

    @Test
    void oneStructureTellsNothing() {
        assertFalse(new Bootstrap(1, 1, 100).of(tally(5)).isKnown());
        assertFalse(new Bootstrap(1, 2, 100).of(new Tally(new double[2], new long[2])).isKnown());
        assertThrows(IllegalArgumentException.class, () -> new Bootstrap(1, 3, 100).of(tally(5)));
    }
}
