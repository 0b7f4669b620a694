package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

import org.bindrae.tensor.Philox;

/**
 * How the samples of a data set are put together. Samples of similar length share a batch of up to so many residues; which ones, and the order of the batches,
 * changes with each epoch and depends on the seed alone.
 *
 * @param batchResidues residues of a batch at most; a longer sample forms a batch of its own
 * @param batchSamples samples of a batch at most
 */
public record Batches(int batchResidues, int batchSamples, long seed) {
    /** Lengths that differ by less than this fraction are mixed. */
    private static final double MIXING = 0.1;
    private static final long MIXING_STREAM = Philox.stream("batches.mixing");
    private static final long ORDER_STREAM = Philox.stream("batches.order");

    public Batches {
        if (batchResidues < 1 || batchSamples < 1) {
            throw new IllegalArgumentException("a batch of at most " + batchResidues + " residues and " + batchSamples + " samples holds nothing");
        }
    }

    /**
     * The batches of an epoch.
     *
     * @param lengths residues of each sample
     * @return places of the samples in {@code lengths}; each occurs once
     */
    public List<int[]> epoch(int[] lengths, int epoch) {
        double[] keys = new double[lengths.length];
        Arrays.setAll(keys, i -> lengths[i] * (1 + MIXING * Philox.uniform(seed, MIXING_STREAM + epoch, i)));
        List<int[]> batches = cut(lengths, keys);
        // Fisher–Yates
        for (int i = batches.size() - 1; i > 0; i--) {
            int j = (int) ((double) Philox.uniform(seed, ORDER_STREAM + epoch, i) * (i + 1));
            int[] other = batches.set(j, batches.get(i));
            batches.set(i, other);
        }
        return batches;
    }

    /** The batches in order of length, always the same: for validation. */
    public List<int[]> inOrder(int[] lengths) {
        return cut(lengths, Arrays.stream(lengths).asDoubleStream().toArray());
    }

    private List<int[]> cut(int[] lengths, double[] keys) {
        Integer[] sorted = new Integer[lengths.length];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, Comparator.comparingDouble((Integer i) -> keys[i]).thenComparingInt(i -> i));
        List<int[]> batches = new ArrayList<>();
        int start = 0;
        long residues = 0;
        for (int end = 0; end <= sorted.length; end++) {
            long more = end == sorted.length ? 0 : lengths[sorted[end]];
            boolean full = residues + more > batchResidues || end - start == batchSamples;
            if (end > start && (full || end == sorted.length)) {
                batches.add(Arrays.stream(sorted, start, end).mapToInt(Integer::intValue).toArray());
                start = end;
                residues = 0;
            }
            residues += more;
        }
        return batches;
    }
}
