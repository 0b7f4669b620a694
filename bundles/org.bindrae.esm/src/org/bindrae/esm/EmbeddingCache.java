package org.bindrae.esm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Embeddings by one language model: a folder {@code <model>-<hash>} with {@code model.json} and a safetensors file per chain, named by the hash of its sequence,
 * so that no sequence is embedded twice. Files are complete or not there.
 */
public final class EmbeddingCache {
    private static final String MODEL = "model.json";
    private static final String ENDING = ".safetensors";
    private static final String ARRAY = "embedding";
    private static final String MODEL_HASH = "model_hash";
    private static final String SEQUENCE = "sequence";
    private static final JsonMapper JSON = new JsonMapper();

    private final Path folder;
    private final LanguageModel model;

    private EmbeddingCache(Path folder, LanguageModel model) {
        this.folder = folder;
        this.model = model;
    }

    /** Where embeddings are kept if nothing else is said. */
    public static Path usual() {
        return Path.of(System.getProperty("user.home"), ".cache", "bindrae", "embeddings");
    }

    /** The embeddings by a model below {@code root}, of which there may be none yet. */
    public static EmbeddingCache of(Path root, LanguageModel model) {
        return new EmbeddingCache(root.resolve(model.id()), model);
    }

    /**
     * Embeddings whose model need not be there.
     *
     * @param id of the model, see {@link LanguageModel#id}; empty if {@code root} has those of one model only
     * @throws IOException naming the folder, when there are none, or of several models
     */
    public static EmbeddingCache open(Path root, String id) throws IOException {
        List<Path> models = models(root);
        List<Path> fitting = id.isEmpty() ? models : models.stream().filter(folder -> folder.getFileName().toString().equals(id)).toList();
        List<String> names = models.stream().map(folder -> folder.getFileName().toString()).toList();
        if (fitting.size() != 1) {
            throw new IOException(root + ": " + (models.isEmpty() ? "there are no embeddings in this folder; make them with the command embed"
                    : id.isEmpty() ? "there are embeddings by several models, " + String.join(", ", names) + "; name one as embedding.model"
                    : "there are no embeddings by " + id + ", but by " + String.join(", ", names)));
        }
        Path file = fitting.getFirst().resolve(MODEL);
        try {
            return new EmbeddingCache(fitting.getFirst(), JSON.readValue(file.toFile(), LanguageModel.class));
        } catch (JacksonException e) {
            throw new IOException(file + ": cannot be read: " + e.getOriginalMessage() + "; embed again", e);
        }
    }

    private static List<Path> models(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(root)) {
            return folders.filter(folder -> Files.isRegularFile(folder.resolve(MODEL))).sorted().toList();
        }
    }

    public Path folder() {
        return folder;
    }

    public LanguageModel model() {
        return model;
    }

    /** The file of a sequence, whether or not it exists. */
    public Path file(String sequence) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(sequence.getBytes(StandardCharsets.US_ASCII));
            return folder.resolve(HexFormat.of().formatHex(hash) + ENDING);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    public boolean contains(String sequence) {
        return Files.isRegularFile(file(sequence));
    }

    /**
     * The embeddings of a sequence.
     *
     * @return [residues, width]
     * @throws IOException naming the file, when it is missing, damaged, or of another model or sequence
     */
    public float[] read(String sequence) throws IOException {
        Path path = file(sequence);
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + ": there is no such file: this chain of " + sequence.length() + " residues was not embedded; use the command embed");
        }
        SafetensorsFile file = SafetensorsFile.read(path);
        if (!model.hash().equals(file.metadata().get(MODEL_HASH)) || !sequence.equals(file.metadata().get(SEQUENCE))) {
            throw new IOException(path + ": holds embeddings by another model or of another sequence; remove it and embed again");
        }
        Shape shape = Shape.of(sequence.length(), model.width());
        if (!file.contains(ARRAY) || !file.shape(ARRAY).equals(shape)) {
            throw new IOException(path + ": has no array " + ARRAY + " of " + shape + "; remove it and embed again");
        }
        return file.floats(ARRAY);
    }

    /**
     * Keeps the embeddings of a sequence.
     *
     * @param values [residues, width]
     * @param type F32 or BF16
     * @throws IOException naming the file, when it cannot be written
     */
    public void write(String sequence, float[] values, ElementType type) throws IOException {
        Files.createDirectories(folder);
        if (!Files.isRegularFile(folder.resolve(MODEL))) {
            AtomicFiles.write(folder.resolve(MODEL), JSON.writeValueAsString(model) + "\n");
        }
        Shape shape = Shape.of(sequence.length(), model.width());
        StoredArray array = StoredArray.of(shape, values);
        new SafetensorsWriter().metadata("format", "bindrae-embedding").metadata("model", model.name()).metadata(MODEL_HASH, model.hash())
                .metadata(SEQUENCE, sequence).add(ARRAY, type == ElementType.F32 ? array : StoredArray.of(type, shape, array.doubles())).write(file(sequence));
    }

    /** Sequences that have their embeddings here, and bytes of their files. */
    public Content content() throws IOException {
        if (!Files.isDirectory(folder)) {
            return new Content(0, 0);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(ENDING)).toList();
            long bytes = 0;
            for (Path file : found) {
                bytes += Files.size(file);
            }
            return new Content(found.size(), bytes);
        }
    }

    /** See {@link #content()}. */
    public record Content(int sequences, long bytes) {
    }
}
