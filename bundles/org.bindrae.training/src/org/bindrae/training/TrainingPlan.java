package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Which samples each step of a run takes. Follows from the configuration, the seed and the lengths of the samples alone. */
final class TrainingPlan {
    private final Batches batches;
    private final int[] lengths;
    private final int accumulation;
    /** Steps done at the end of each epoch. */
    private final long[] ends;
    private int limit = Integer.MAX_VALUE;
    private int planned = -1;
    private List<List<int[]>> steps;

    TrainingPlan(TrainingConfig config, int[] lengths) {
        this.batches = new Batches(config.batchResidues(), config.batchSamples(), config.seed());
        this.lengths = lengths;
        this.accumulation = config.accumulation();
        this.ends = new long[config.epochs()];
        long total = 0;
        for (int epoch = 0; epoch < ends.length; epoch++) {
            total += Math.ceilDiv(batches.epoch(lengths, epoch).size(), accumulation);
            ends[epoch] = total;
        }
    }

    long totalSteps() {
        return ends[ends.length - 1];
    }

    /** Epoch of the step that follows {@code done} steps; the number of epochs after the last. */
    int epoch(long done) {
        int epoch = 0;
        while (epoch < ends.length && ends[epoch] <= done) {
            epoch++;
        }
        return epoch;
    }

    /** How many of {@code done} steps belong to {@link #epoch}. */
    int stepOfEpoch(long done) {
        int epoch = epoch(done);
        return epoch == ends.length ? 0 : (int) (done - (epoch == 0 ? 0 : ends[epoch - 1]));
    }

    /** Whether the last of {@code done} steps ended an epoch. */
    boolean endsEpoch(long done) {
        return done > 0 && stepOfEpoch(done) == 0;
    }

    /** The batch of the first epoch with most residues. */
    int[] largest() {
        return batches.epoch(lengths, 0).stream().max(Comparator.comparingInt(this::residues)).orElseThrow();
    }

    private int residues(int[] members) {
        return Arrays.stream(members).map(i -> lengths[i]).sum();
    }

    /** From now on batches are given in parts of at most so many residues, or fewer if a smaller limit was set before; a longer sample is a part of its own. */
    void limit(int residues) {
        limit = Math.min(limit, residues);
        planned = -1;
    }

    /** The batches of the step that follows {@code done} steps, as places of samples. */
    List<int[]> step(long done) {
        int epoch = epoch(done);
        if (epoch != planned) {
            List<int[]> all = batches.epoch(lengths, epoch);
            steps = new ArrayList<>();
            for (int from = 0; from < all.size(); from += accumulation) {
                steps.add(all.subList(from, Math.min(all.size(), from + accumulation)).stream()
                        .flatMap(members -> MemoryPlan.parts(members, lengths, limit).stream()).toList());
            }
            planned = epoch;
        }
        return steps.get(stepOfEpoch(done));
    }
}
