package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.data.Split;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.training.Checkpoint;
import org.bindrae.training.EmbeddingOrigin;
import org.bindrae.training.Provenance;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.TrainingState;
import org.bindrae.training.models.ModelOrigin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Writes the averaged weights of a run alone, with all that must be known of them elsewhere: the configuration of the run without the paths of its machine, the
 * origin of its embeddings, and a {@link ModelOrigin}.
 */
public final class WeightsExport {
    /** Metadata key of the configuration of the run. */
    private static final String RUN = "run";

    private WeightsExport() {
    }

    /**
     * Exports weights.
     *
     * @param weights a run directory, whose best checkpoint is taken; a checkpoint of one; or a file that was exported before
     * @param type of the numbers in the file
     * @param overwrite whether a file that exists is replaced
     * @return what the new file says
     * @throws IOException naming the file, when the checkpoint or what its run says of it cannot be used, or the new file is there or cannot be written
     */
    public static Stage1Weights export(Path weights, Path to, ElementType type, boolean overwrite) throws IOException {
        Path file = Files.isDirectory(weights) ? RunDirectory.weights(weights) : weights;
        Stage1Weights read = Stage1Weights.read(file);
        if (Files.exists(to) && (!overwrite || Files.isSameFile(file, to))) {
            throw new FileAlreadyExistsException(to.toString(), null, overwrite ? "is what is to be exported" : "exists; --overwrite replaces it");
        }
        read.writeTo(to, type, read.metadata().containsKey(ModelOrigin.KEY) ? read.metadata() : metadata(file, read));
        return Stage1Weights.read(to);
    }

    /** The configuration of the run that weights were exported from; null where they were not. */
    static WorkbenchConfig run(Stage1Weights weights) throws IOException {
        String text = weights.metadata().get(RUN);
        return text == null ? null : new ConfigFormat().parse(text, weights.path() + ", " + RUN + " of its metadata", List.of());
    }

    private static Map<String, String> metadata(Path file, Stage1Weights weights) throws IOException {
        Path run = RunDirectory.of(file).orElseThrow(() -> new NoSuchFileException(file.toString(), null,
                "lies in no run directory, whose files say what it was trained on: export it from there"));
        WorkbenchConfig config = new ConfigFormat().read(RunDirectory.configFile(run), List.of());
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(EmbeddingOrigin.KEY, weights.metadata().getOrDefault(EmbeddingOrigin.KEY, ""));
        metadata.put(RUN, new ConfigFormat().json(withoutPaths(config)));
        metadata.put(ModelOrigin.KEY, origin(file, run, config).json());
        return metadata;
    }

    /** What is elsewhere on another machine; the name of a language model stays. */
    private static WorkbenchConfig withoutPaths(WorkbenchConfig config) {
        EmbeddingConfig embedding = config.embedding();
        Path model = Path.of(embedding.model()).getFileName();
        return config.withSamples("")
                .withEmbedding(new EmbeddingConfig(embedding.source(), "", embedding.width(), model == null ? "" : model.toString(), ""));
    }

    private static ModelOrigin origin(Path file, Path run, WorkbenchConfig config) throws IOException {
        TrainingState state = Checkpoint.read(file).state();
        Path noted = RunDirectory.provenanceFile(run);
        try {
            JsonNode provenance = JsonMapper.builder().build().readTree(Files.readString(noted));
            Split split = Split.read(RunDirectory.splitFile(run));
            var splitting = new ModelOrigin.Splitting(split.method(), split.seed(), new TreeMap<>(split.parameters()), split.train().size(),
                    split.validation().size(), split.test().size());
            Map<String, String> program = Provenance.program();
            return new ModelOrigin(program(provenance.path("program").path("version").asText(), provenance.path("program").path("revision").asText()),
                    program(program.get("version"), program.get("revision")),
                    Files.getLastModifiedTime(file).toInstant().truncatedTo(ChronoUnit.SECONDS).toString(),
                    config.training().task().name().toLowerCase(Locale.ROOT), state.seed(), state.step(), provenance.path("parameters").asLong(),
                    data(provenance.path("training")), data(provenance.path("validation")), splitting,
                    config.training().monitor().name().toLowerCase(Locale.ROOT), state.bestStep() == state.step() ? state.best() : null);
        } catch (JsonProcessingException e) {
            throw new IOException(noted + ": cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    private static String program(String version, String revision) {
        return version + " (" + revision + ")";
    }

    private static ModelOrigin.Data data(JsonNode data) {
        return new ModelOrigin.Data(data.path("samples").asLong(), data.path("residues").asLong(), data.path("sha256").asText());
    }
}
