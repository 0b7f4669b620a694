package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.tensor.io.SafetensorsException;

/**
 * Where a training run stands between two steps. Random numbers are counter-based: those of a step follow from the seed and the number of the step, so these
 * two are their whole state.
 *
 * @param step steps done
 * @param epoch epoch of the next step, from 0
 * @param stepOfEpoch steps of that epoch done
 * @param seed of the run
 * @param validatedStep step after which the last validation took place; −1 before the first
 * @param best result of the best validation; NaN before the first
 * @param bestStep step of the best validation; −1 before the first
 * @param withoutGain validations since the best
 * @param metricsBytes length of the metrics file
 * @param dataHash of the training and validation samples
 */
public record TrainingState(long step, int epoch, int stepOfEpoch, long seed, long validatedStep, double best, long bestStep, int withoutGain,
        long metricsBytes, String dataHash) {
    private static final String PREFIX = "training.";

    /** Before the first step. */
    static TrainingState initial(long seed, String dataHash) {
        return new TrainingState(0, 0, 0, seed, -1, Double.NaN, -1, 0, 0, dataHash);
    }

    TrainingState afterStep(int nextEpoch, int nextStepOfEpoch) {
        return new TrainingState(step + 1, nextEpoch, nextStepOfEpoch, seed, validatedStep, best, bestStep, withoutGain, metricsBytes, dataHash);
    }

    /** After a validation. */
    TrainingState validated(double result, boolean better) {
        return new TrainingState(step, epoch, stepOfEpoch, seed, step, better ? result : best, better ? step : bestStep, better ? 0 : withoutGain + 1,
                metricsBytes, dataHash);
    }

    /** Forgets earlier validations, whose results cannot be compared with later ones. */
    TrainingState withoutBest() {
        return new TrainingState(step, epoch, stepOfEpoch, seed, validatedStep, Double.NaN, -1, 0, metricsBytes, dataHash);
    }

    TrainingState withMetricsBytes(long bytes) {
        return new TrainingState(step, epoch, stepOfEpoch, seed, validatedStep, best, bestStep, withoutGain, bytes, dataHash);
    }

    Map<String, String> toMetadata() {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(PREFIX + "step", Long.toString(step));
        metadata.put(PREFIX + "epoch", Integer.toString(epoch));
        metadata.put(PREFIX + "step_of_epoch", Integer.toString(stepOfEpoch));
        metadata.put(PREFIX + "random", "philox4x32-10");
        metadata.put(PREFIX + "seed", Long.toString(seed));
        metadata.put(PREFIX + "validated_step", Long.toString(validatedStep));
        metadata.put(PREFIX + "best", Double.toString(best));
        metadata.put(PREFIX + "best_step", Long.toString(bestStep));
        metadata.put(PREFIX + "without_gain", Integer.toString(withoutGain));
        metadata.put(PREFIX + "metrics_bytes", Long.toString(metricsBytes));
        metadata.put(PREFIX + "data_hash", dataHash);
        return metadata;
    }

    /** @throws IOException naming the file, when something is missing or no number */
    static TrainingState of(Path file, Map<String, String> metadata) throws IOException {
        try {
            return new TrainingState(Long.parseLong(value(metadata, "step")), Integer.parseInt(value(metadata, "epoch")),
                    Integer.parseInt(value(metadata, "step_of_epoch")), Long.parseLong(value(metadata, "seed")),
                    Long.parseLong(value(metadata, "validated_step")), Double.parseDouble(value(metadata, "best")),
                    Long.parseLong(value(metadata, "best_step")), Integer.parseInt(value(metadata, "without_gain")),
                    Long.parseLong(value(metadata, "metrics_bytes")), value(metadata, "data_hash"));
        } catch (IllegalArgumentException e) {
            throw new SafetensorsException(file, "no state of a training run can be read from its metadata: " + e.getMessage(), e);
        }
    }

    private static String value(Map<String, String> metadata, String name) {
        String value = metadata.get(PREFIX + name);
        if (value == null) {
            throw new IllegalArgumentException(PREFIX + name + " is missing");
        }
        return value;
    }
}
