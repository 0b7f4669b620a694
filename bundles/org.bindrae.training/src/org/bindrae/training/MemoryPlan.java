package org.bindrae.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;

/**
 * How much memory of a device training steps take: they are rehearsed, by the code that will run, on a device that counts and computes nothing. What the driver
 * takes for its context and the kernels comes on top.
 */
final class MemoryPlan implements AutoCloseable {
    /** Kept free of what the device has: other programs' needs change, and memory breaks into pieces. */
    private static final double MARGIN = 0.05;
    private static final double GIB = 1 << 30;
    private static final int LIGAND_ATOMS = 40;
    /** A device may record a step in other memory while the one before it runs. */
    private static final int STEPS = 2;
    private static final int LONGEST = 1 << 20;

    private final Device.Rehearsal rehearsal;
    private final Stage1Model network;
    private final AdamW optimiser;
    private final Ema averages;
    private final StepParts parts;
    private long last;

    /** What every step is taken with. */
    private record StepParts(TrainingConfig config, Losses losses, AttentionBackend backend) {
    }

    /** A plan for training a network on its device, or null for a device that counts no memory. */
    static MemoryPlan of(Stage1Model model, TrainingConfig config, AttentionBackend backend) {
        Device.Rehearsal rehearsal = model.parameters().device().rehearsal();
        return rehearsal == null ? null : new MemoryPlan(rehearsal, model, config, backend);
    }

    private MemoryPlan(Device.Rehearsal rehearsal, Stage1Model model, TrainingConfig config, AttentionBackend backend) {
        this.rehearsal = rehearsal;
        this.network = model.untrained(rehearsal.device());
        this.optimiser = new AdamW(network.parameters(), config.optimiser());
        this.averages = new Ema(network.parameters(), config.ema());
        this.parts = new StepParts(config, new Losses(config.loss()), backend);
    }

    /** Bytes of the device's memory that a step of these batches takes, with the network and its optimiser. */
    long bytes(List<PreparedBatch> batches) {
        Device device = rehearsal.device();
        try (TensorArena arena = device.arena()) {
            StepRunner runner = new StepRunner(parts.config, parts.losses, new Checkpoint.Trained(network, optimiser, averages), arena);
            // behind the warm-ups, so that everything takes part
            long step = Math.max(network.config().ligand().warmUpSteps(), parts.config.loss().pocketWarmUp());
            for (int i = 0; i < STEPS; i++) {
                runner.step(step + i, batches, 0, parts.backend);
            }
            last = device.reservedBytes();
            return last;
        }
    }

    /** What the last step that was rehearsed takes. */
    long peak() {
        return last;
    }

    /** The same for a batch of complexes of these lengths with ligands of usual size. */
    long bytes(int... lengths) {
        return bytes(List.of(SyntheticComplex.batch(network.config(), parts.losses, lengths, LIGAND_ATOMS, 1)));
    }

    /** Bytes of the device's memory that a run may take, with what this process has already. */
    static long available(Device device) {
        return (long) ((1 - MARGIN) * (device.freeBytes() + device.reservedBytes()));
    }

    /** The longest complex of usual ligand size that can be trained with in so many bytes. */
    int longest(long available) {
        int fits = 0;
        int tooLong = 16;
        while (tooLong < LONGEST && bytes(tooLong) <= available) {
            fits = tooLong;
            tooLong *= 2;
        }
        while (tooLong - fits > Math.max(1, fits / 50)) {
            int middle = (fits + tooLong) / 2;
            if (bytes(middle) <= available) {
                fits = middle;
            } else {
                tooLong = middle;
            }
        }
        return fits;
    }

    /**
     * How many residues a batch may have so that it fits: the largest of these batches is halved until it does.
     *
     * @param largest members of the batch with most residues
     * @param preparation of a part of it
     * @return {@link Integer#MAX_VALUE} where the whole batch fits
     * @throws IllegalArgumentException when one complex alone is too long, with the longest that fits
     */
    int residuesThatFit(Preparation preparation, int[] largest, int[] lengths, long available) throws IOException {
        int limit = Integer.MAX_VALUE;
        while (true) {
            int[] first = parts(largest, lengths, limit).getFirst();
            long needed;
            try (PreparedBatch batch = preparation.prepare(first)) {
                needed = bytes(List.of(batch.anywhere()));
            }
            if (needed <= available) {
                return limit;
            }
            int residues = Arrays.stream(first).map(i -> lengths[i]).sum();
            if (first.length == 1) {
                throw new IllegalArgumentException(String.format(Locale.ROOT,
                        "a complex of %d residues needs %.1f GiB of memory, but %.1f GiB can be used; the longest that fits has about %d residues: leave longer ones out, "
                                + "or take a smaller network",
                        residues, needed / GIB, available / GIB, longest(available)));
            }
            limit = residues / 2;
        }
    }

    /** Prepares a batch of these members. */
    @FunctionalInterface
    interface Preparation {
        PreparedBatch prepare(int[] members) throws IOException;
    }

    /** A batch in parts of at most so many residues each; a longer sample is a part of its own. */
    static List<int[]> parts(int[] members, int[] lengths, int limit) {
        List<int[]> parts = new ArrayList<>();
        int start = 0;
        long residues = 0;
        for (int end = 0; end < members.length; end++) {
            if (end > start && residues + lengths[members[end]] > limit) {
                parts.add(Arrays.copyOfRange(members, start, end));
                start = end;
                residues = 0;
            }
            residues += lengths[members[end]];
        }
        parts.add(Arrays.copyOfRange(members, start, members.length));
        return parts;
    }

    @Override
    public void close() {
        averages.close();
        optimiser.close();
        network.close();
        rehearsal.close();
    }
}
