package org.bindrae.training.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.data.PreparationSettings;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.training.Compute;
import org.bindrae.training.Placement;
import org.bindrae.training.Task;
import org.bindrae.training.TrainingConfig;

/**
 * Everything that can be set. Each part owns its defaults.
 *
 * @param data where prepared samples are
 * @param model with {@link Stage1Config#embeddingWidth()} 0 for the width of whatever the embedding makes
 */
public record WorkbenchConfig(Data data, PreparationSettings preparation, EmbeddingConfig embedding, AttentionChoice attention, Compute compute,
        Stage1Config model, TrainingConfig training) {
    /**
     * What a run works on.
     *
     * @param samples folder or packed file of prepared samples; empty when a command line names it
     */
    public record Data(String samples) {
    }

    /**
     * Which attention backend runs.
     *
     * @param backend its name, or {@link AttentionBackends#AUTO}
     * @param patience seconds that a step may take at least, and again for each 100 000 pairs of residues, before its backend counts as hanging; 0 for ever
     */
    public record AttentionChoice(String backend, int patience) {
        static AttentionChoice defaults() {
            return new AttentionChoice(AttentionBackends.AUTO, (int) Placement.DEFAULT_PATIENCE.toSeconds());
        }
    }

    public static WorkbenchConfig defaults() {
        return new WorkbenchConfig(new Data(""), PreparationSettings.defaults(), EmbeddingConfig.defaults(), AttentionChoice.defaults(),
                Compute.defaults(), Stage1Config.defaults().withEmbeddingWidth(0), TrainingConfig.defaults());
    }

    /** For side chains on a backbone that is kept: local messages beside the attention and distributions over χ, large batches. */
    public static WorkbenchConfig packer() {
        WorkbenchConfig c = defaults();
        return new WorkbenchConfig(c.data, c.preparation, c.embedding, c.attention, c.compute, Stage1Config.packer().withEmbeddingWidth(0),
                TrainingConfig.packer());
    }

    /** What comes with the workbench under a name. */
    public static Map<String, WorkbenchConfig> builtIn() {
        return Map.of("packer", packer());
    }

    /**
     * Says what is wrong with values together, beyond what the schema says of each.
     *
     * @throws IllegalArgumentException with one sentence for each mistake
     */
    public void validate() {
        // the width of embeddings is known once they are opened
        model.withEmbeddingWidth(Math.max(1, model.embeddingWidth())).validate();
        compute.validate();
        training.validate();
        if (training.task() == Task.DENOISE && model.local().neighbours() + model.chi().bins() > 0) {
            throw new IllegalArgumentException("training.task must be repack with model.local.neighbours or model.chi.bins: such a network keeps its backbone");
        }
    }

    /** The same with a network for embeddings of this width. */
    public WorkbenchConfig withEmbeddingWidth(int width) {
        return new WorkbenchConfig(data, preparation, embedding, attention, compute, model.withEmbeddingWidth(width), training);
    }

    /** The same on other samples. */
    public WorkbenchConfig withSamples(String folder) {
        return new WorkbenchConfig(new Data(folder), preparation, embedding, attention, compute, model, training);
    }

    /** The same computed elsewhere or otherwise. */
    public WorkbenchConfig withCompute(Compute other) {
        return new WorkbenchConfig(data, preparation, embedding, attention, other, model, training);
    }

    /** The same wherever the program is started. */
    WorkbenchConfig withAbsolutePaths() {
        return new WorkbenchConfig(new Data(absolute(data.samples)), preparation,
                new EmbeddingConfig(embedding.source(), absolute(embedding.folder()), embedding.width(), absoluteModel(), absolute(embedding.cache())),
                attention,
                compute, model, training);
    }

    /** The folder of a language model, or the id of one. */
    private String absoluteModel() {
        return Files.isDirectory(Path.of(embedding.model())) ? absolute(embedding.model()) : embedding.model();
    }

    /** The same with this source of embeddings. */
    WorkbenchConfig withEmbedding(EmbeddingConfig other) {
        return new WorkbenchConfig(data, preparation, other, attention, compute, model, training);
    }

    private static String absolute(String path) {
        return path.isEmpty() ? path : Path.of(path).toAbsolutePath().normalize().toString();
    }
}
