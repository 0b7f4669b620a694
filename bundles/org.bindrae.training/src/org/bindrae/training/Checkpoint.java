package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.tensor.io.FormatVersions;
import org.bindrae.tensor.io.SafetensorsException;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;

/**
 * All that a training run needs to go on as if it had not stopped, in one safetensors file: the weights under {@code model.}, their averages under
 * {@code ema.}, the moments of the optimiser under {@code optimiser.}, and the counters in the metadata. It depends on nothing but the run's configuration,
 * data and step, so that equal runs have equal files. {@link Stage1Weights} reads the averages of it.
 */
public final class Checkpoint {
    private static final String MODEL = "model.";
    private static final String OPTIMISER = "optimiser.";
    private static final String OPTIMISER_STEPS = "optimiser.steps";
    private static final String AVERAGE_UPDATES = "ema.updates";

    private final SafetensorsFile file;
    private final Stage1Weights weights;
    private final TrainingState state;

    private Checkpoint(SafetensorsFile file, Stage1Weights weights, TrainingState state) {
        this.file = file;
        this.weights = weights;
        this.state = state;
    }

    /** What a run trains. */
    record Trained(Stage1Model model, AdamW optimiser, Ema averages) {
    }

    /**
     * The content of a checkpoint, to be written once.
     *
     * @param embeddings what made the embeddings of the samples, empty if unknown
     */
    static AtomicFiles.Content content(Trained trained, TrainingState state, String embeddings) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter().metadata(state.toMetadata()).metadata(Stage1Weights.FORMAT, Stage1Weights.CHECKPOINT)
                .metadata(FormatVersions.KEY, Stage1Weights.version()).metadata(Stage1Weights.CONFIG, Stage1Weights.json(trained.model().config()))
                .metadata(OPTIMISER_STEPS, Long.toString(trained.optimiser().steps()))
                .metadata(AVERAGE_UPDATES, Long.toString(trained.averages().updates())).metadata(EmbeddingOrigin.KEY, embeddings);
        trained.model().parameters().all().forEach((name, tensor) -> writer.add(MODEL + name, tensor));
        trained.averages().state().forEach((name, tensor) -> writer.add(Stage1Weights.AVERAGES + name, tensor));
        trained.optimiser().state().forEach((name, tensor) -> writer.add(OPTIMISER + name, tensor));
        return writer::writeTo;
    }

    /**
     * Opens a checkpoint.
     *
     * @throws IOException naming the file, when it is damaged or no checkpoint
     */
    public static Checkpoint read(Path path) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(path);
        if (!Stage1Weights.CHECKPOINT.equals(file.metadata().get(Stage1Weights.FORMAT))) {
            throw new SafetensorsException(path, "not a checkpoint of a training run");
        }
        return new Checkpoint(file, Stage1Weights.read(path), TrainingState.of(path, file.metadata()));
    }

    public TrainingState state() {
        return state;
    }

    public Stage1Weights weights() {
        return weights;
    }

    /**
     * Puts everything back.
     *
     * @param embeddings what makes the embeddings of the samples now, empty if unknown
     * @throws IOException naming the file, when it is of another architecture or of other embeddings
     */
    void restore(Trained trained, String embeddings) throws IOException {
        EmbeddingOrigin.check(file.path(), file.metadata(), embeddings);
        List<String> differences = weights.differences(trained.model().config());
        if (!differences.isEmpty()) {
            throw new SafetensorsException(file.path(), "the configuration describes another network now: " + String.join("; ", differences));
        }
        trained.averages().restore(file, Stage1Weights.AVERAGES, count(AVERAGE_UPDATES));
        trained.optimiser().restore(file, OPTIMISER, count(OPTIMISER_STEPS));
        trained.model().parameters().load(file, MODEL);
    }

    private long count(String key) throws IOException {
        Map<String, String> metadata = file.metadata();
        try {
            return Long.parseLong(metadata.getOrDefault(key, "missing"));
        } catch (NumberFormatException e) {
            throw new SafetensorsException(file.path(), key + " of its metadata is " + metadata.get(key) + ", not a number", e);
        }
    }
}
