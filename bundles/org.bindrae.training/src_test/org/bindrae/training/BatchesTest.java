package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class BatchesTest {
    private final int[] lengths = new SplittableRandom(1).ints(300, 30, 900).toArray();
    private final Batches batches = new Batches(1000, 6, 7);

    private static List<List<Integer>> lists(List<int[]> batches) {
        return batches.stream().map(batch -> Arrays.stream(batch).boxed().toList()).toList();
    }

    @Test
    void everySampleOccursOnceAndLimitsHold() {
        for (int epoch = 0; epoch < 5; epoch++) {
            List<int[]> plan = batches.epoch(lengths, epoch);
            assertArrayEquals(IntStream.range(0, 300).toArray(), plan.stream().flatMapToInt(Arrays::stream).sorted().toArray());
            for (int[] batch : plan) {
                assertTrue(batch.length <= 6);
                assertTrue(batch.length == 1 || Arrays.stream(batch).map(i -> lengths[i]).sum() <= 1000);
            }
        }
    }

    @Test
    void aSampleOverTheLimitIsABatchOfItsOwn() {
        List<int[]> plan = new Batches(100, 10, 1).epoch(new int[] {50, 500, 40, 120}, 3);
        assertEquals(List.of(List.of(0, 2), List.of(1), List.of(3)), lists(plan).stream().map(l -> l.stream().sorted().toList())
                .sorted(Comparator.comparing(l -> l.getFirst())).toList());
    }

    @Test
    void samplesOfABatchAreOfSimilarLength() {
        for (int[] batch : batches.epoch(lengths, 1)) {
            int[] sorted = Arrays.stream(batch).map(i -> lengths[i]).sorted().toArray();
            // 300 samples over 870 lengths: a batch spans a few neighbours and the mixing of a tenth
            assertTrue(sorted[sorted.length - 1] <= 1.1 * sorted[0] + 60, Arrays.toString(sorted));
        }
    }

    @Test
    void epochsDifferAndTheSeedDecides() {
        assertEquals(lists(batches.epoch(lengths, 2)), lists(new Batches(1000, 6, 7).epoch(lengths, 2)));
        assertNotEquals(lists(batches.epoch(lengths, 2)), lists(batches.epoch(lengths, 3)));
        assertNotEquals(lists(batches.epoch(lengths, 2)), lists(new Batches(1000, 6, 8).epoch(lengths, 2)));
        // not only the order of the batches changes
        assertNotEquals(Set.copyOf(lists(batches.epoch(lengths, 2))), Set.copyOf(lists(batches.epoch(lengths, 3))));
    }

    @Test
    void fullBatchesAreTheRule() {
        List<int[]> plan = new Batches(1000, 100, 7).epoch(lengths, 0);
        double residues = Arrays.stream(lengths).sum();
        assertTrue(plan.size() < 1.6 * residues / 1000, plan.size() + " batches for " + residues + " residues");
    }

    @Test
    void nothingGivesNoBatches() {
        assertEquals(List.of(), batches.epoch(new int[0], 0));
        assertEquals(List.of(List.of(1, 0, 2)), lists(batches.inOrder(new int[] {20, 10, 30})));
    }
}
