package org.bindrae.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.bindrae.data.Batch;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.stage1.ModelInput;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.MissingOperationsException;

/** Reads and prepares batches on a thread of its own, so that the next ones are ready when a step is over. */
final class BatchLoader implements AutoCloseable {
    /** The {@link FrameNoise} of validation, which is the same each time. */
    static final int VALIDATION = -1;
    private static final int WAIT_SECONDS = 10;

    private final TrainingConfig config;
    private final Losses losses;
    private final Device device;
    private final DType dtype;
    /** What was begun and nobody has taken yet. */
    private final Set<Future<List<PreparedBatch>>> ahead = new HashSet<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("bindrae-batches").factory());

    /**
     * A loader of batches for a network.
     *
     * @param device where it runs
     * @param dtype of its numbers
     */
    BatchLoader(TrainingConfig config, Losses losses, Device device, DType dtype) {
        this.config = config;
        this.losses = losses;
        this.device = device;
        this.dtype = dtype;
    }

    /**
     * Begins to prepare batches.
     *
     * @param draw which noise: an epoch, or {@link #VALIDATION}
     */
    Future<List<PreparedBatch>> start(TrainingSet set, List<int[]> batches, int draw) {
        Future<List<PreparedBatch>> begun = thread.submit(() -> {
            List<PreparedBatch> prepared = new ArrayList<>();
            try {
                for (int[] members : batches) {
                    prepared.add(prepare(set, members, draw));
                }
                return prepared;
            } catch (IOException | RuntimeException e) {
                prepared.forEach(PreparedBatch::close);
                throw e;
            }
        });
        ahead.add(begun);
        return begun;
    }

    /**
     * Waits for batches, which are the caller's to close then.
     *
     * @throws IOException when a sample cannot be read
     * @throws MissingOperationsException when the device lacks operations that prepare them
     * @throws InterruptedException when this thread is interrupted meanwhile
     */
    List<PreparedBatch> take(Future<List<PreparedBatch>> batches) throws IOException, InterruptedException {
        try {
            List<PreparedBatch> prepared = batches.get();
            ahead.remove(batches);
            return prepared;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw new IOException(io.getMessage(), io);
                case MissingOperationsException missing -> throw missing;
                case RuntimeException other -> throw new IllegalStateException(other.getMessage(), other);
                case Throwable other -> throw new IllegalStateException("batches cannot be prepared: " + other, other);
            }
        }
    }

    /** A batch, which is the caller's to close. */
    PreparedBatch prepare(TrainingSet set, int[] members, int draw) throws IOException {
        List<Sample> samples = new ArrayList<>();
        List<float[]> embeddings = new ArrayList<>();
        for (int index : members) {
            TrainingSet.Example example = set.example(index);
            samples.add(example.sample());
            embeddings.add(example.embeddings());
        }
        Batch batch = Batch.of(samples);
        ModelInput input = ModelInput.of(batch, joined(embeddings));
        FrameNoise noise = noise(draw);
        if (noise.shift() > 0 || noise.turn() > 0) {
            input = input.withFrames(perturbed(input, samples, noise, draw));
        }
        return PreparedBatch.on(device, dtype, losses, samples.stream().map(Sample::id).toList(), input, losses.target(batch));
    }

    /** Recovering the backbone is what a denoising network is judged by; a repacking one is judged on the backbone as it is. */
    private FrameNoise noise(int draw) {
        return switch (config.task()) {
            case DENOISE -> new FrameNoise(config.positionNoise(), config.rotationNoise(), config.seed());
            case REPACK -> new FrameNoise(draw == VALIDATION ? 0 : config.coordinateNoise(), 0, config.seed());
        };
    }

    private static BackboneFrames perturbed(ModelInput input, List<Sample> samples, FrameNoise noise, int draw) {
        BackboneFrames frames = new BackboneFrames(input.frames().rotations().clone(), input.frames().translations().clone(), input.frames().mask());
        for (int s = 0; s < samples.size(); s++) {
            noise.move(frames, input.residues().start(s), input.residues().end(s), samples.get(s).id(), draw);
        }
        return frames;
    }

    private static float[] joined(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** Lengths of all samples. */
    static int[] lengths(TrainingSet set) {
        int[] lengths = new int[set.size()];
        Arrays.setAll(lengths, set::residues);
        return lengths;
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Future<List<PreparedBatch>> batches : ahead) {
            if (batches.state() == Future.State.SUCCESS) {
                batches.resultNow().forEach(PreparedBatch::close);
            }
        }
    }
}
