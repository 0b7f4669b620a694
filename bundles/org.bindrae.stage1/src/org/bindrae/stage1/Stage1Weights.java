package org.bindrae.stage1;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import org.bindrae.edge.EdgeModes;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.FormatVersions;
import org.bindrae.tensor.io.SafetensorsException;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A weights file: a safetensors file with all parameters and buffers of a network by name, and its configuration as JSON under {@value #CONFIG} of the
 * metadata, so that the network can be made again from the file alone. A checkpoint of a training run can be read like one. Names inside the attention and the
 * edge embedder are those of flash_ipa.
 */
public final class Stage1Weights {
    /** Metadata key of the kind of file. */
    public static final String FORMAT = "format";
    /** Value of {@link #FORMAT}. */
    public static final String STAGE1 = "bindrae-stage1";
    /** Value of {@link #FORMAT} of a file with the state of a training run, which serves as a weights file as well. */
    public static final String CHECKPOINT = "bindrae-checkpoint";
    /** What the names of the weights begin with in a {@link #CHECKPOINT}: the averaged ones, with which networks predict. */
    public static final String AVERAGES = "ema.";
    /** Metadata key of the configuration. */
    public static final String CONFIG = "config";

    private static final FormatVersions<Map<String, String>> VERSIONS = new FormatVersions<>(List.of(Stage1Weights::withoutMessages));
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT).build();
    /** Settings that weights do not depend on. */
    private static final Set<String> FREE = Set.of("dropout", "updateFrames", "maxTurn", "maxShift", "ligand.warmUpSteps");

    private final SafetensorsFile file;
    private final Stage1Config config;
    /** What the names of the weights begin with. */
    private final String prefix;

    private Stage1Weights(SafetensorsFile file, Stage1Config config, String prefix) {
        this.file = file;
        this.config = config;
        this.prefix = prefix;
    }

    /**
     * Writes a network as it is, complete or not at all.
     *
     * @param metadata more entries, such as where the weights come from
     * @throws IOException naming the file, when it cannot be written
     */
    public static void save(Path path, Stage1Model model, Map<String, String> metadata) throws IOException {
        save(path, model.config(), model.parameters().all(), metadata);
    }

    /**
     * Writes other values of a network's parameters and buffers, such as their averages.
     *
     * @param tensors by the names of {@link Stage1Model#parameters()}, all of them
     * @throws IOException naming the file, when it cannot be written
     */
    public static void save(Path path, Stage1Config config, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        writer(metadata, config).addAll(tensors).write(path);
    }

    private static SafetensorsWriter writer(Map<String, String> metadata, Stage1Config config) throws IOException {
        return new SafetensorsWriter().metadata(metadata).metadata(FORMAT, STAGE1).metadata(FormatVersions.KEY, version()).metadata(CONFIG, json(config));
    }

    /** What files of both formats tell under {@link FormatVersions#KEY}. */
    public static String version() {
        return Integer.toString(VERSIONS.current());
    }

    /** A configuration as the text of {@link #CONFIG}. */
    public static String json(Stage1Config config) throws IOException {
        return JSON.writeValueAsString(config);
    }

    /**
     * Opens a weights file and reads its configuration.
     *
     * @throws IOException naming the file, if it is damaged, no weights file of this network, of a newer version, or its configuration cannot be used
     */
    public static Stage1Weights read(Path path) throws IOException {
        return read(SafetensorsFile.read(path));
    }

    /**
     * The same of a content that was read from elsewhere, such as a bundle.
     *
     * @param name what messages call it
     */
    public static Stage1Weights of(Path name, byte[] content) throws IOException {
        return read(SafetensorsFile.of(name, content));
    }

    private static Stage1Weights read(SafetensorsFile file) throws IOException {
        Path path = file.path();
        String text = file.metadata().get(CONFIG);
        String format = file.metadata().get(FORMAT);
        if (text == null || !STAGE1.equals(format) && !CHECKPOINT.equals(format)) {
            throw new SafetensorsException(path, "this is a safetensors file, but not one with the weights of a Stage-1 network: its metadata lack "
                    + (text == null ? CONFIG : FORMAT + " " + STAGE1));
        }
        text = VERSIONS.upToDate(path.toString(), file.metadata().get(FormatVersions.KEY), file.metadata()).get(CONFIG);
        return new Stage1Weights(file, parse(path, text), CHECKPOINT.equals(format) ? AVERAGES : "");
    }

    /** Version 1 knew neither messages nor distributions. */
    private static Map<String, String> withoutMessages(Map<String, String> metadata) {
        try {
            if (JSON.readTree(metadata.get(CONFIG)) instanceof ObjectNode config) {
                config.putIfAbsent("local", JSON.valueToTree(Stage1Config.Local.NONE));
                config.putIfAbsent("chi", JSON.valueToTree(Stage1Config.Chi.NONE));
                Map<String, String> upToDate = new TreeMap<>(metadata);
                upToDate.put(CONFIG, config.toString());
                return upToDate;
            }
        } catch (JsonProcessingException e) {
            // whoever reads the configuration says what is wrong with it
        }
        return metadata;
    }

    private static Stage1Config parse(Path path, String text) throws IOException {
        try {
            Stage1Config config = JSON.readValue(text, Stage1Config.class);
            config.validate();
            return config;
        } catch (JsonProcessingException e) {
            throw new SafetensorsException(path, "the configuration in its metadata cannot be read, it may come from another version: "
                    + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new SafetensorsException(path, "the configuration in its metadata cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Makes the network of a weights file.
     *
     * @throws IOException naming the file, as {@link #read} and {@link #model} say
     */
    public static Stage1Model load(Path path, Device device, DType type, EdgeModes modes) throws IOException {
        return read(path).model(device, type, modes);
    }

    /** The file, or what messages call it. */
    public Path path() {
        return file.path();
    }

    public Stage1Config config() {
        return config;
    }

    /** Bytes that the weights take in the file. */
    public long bytes() throws IOException {
        long bytes = 0;
        for (String name : names()) {
            bytes += file.array(name).data().byteSize();
        }
        return bytes;
    }

    /** The names of the weights in the file. */
    private List<String> names() {
        return file.names().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    /**
     * Writes these weights alone, complete or not at all.
     *
     * @param type of the numbers in the file
     * @param metadata more entries, such as where the weights come from
     * @throws IOException naming the file that cannot be written, or the weights that do not fit the type
     */
    public void writeTo(Path path, ElementType type, Map<String, String> metadata) throws IOException {
        SafetensorsWriter writer = writer(metadata, config);
        for (String name : names()) {
            double[] values = file.doubles(name);
            StoredArray array = StoredArray.of(type, file.shape(name), values);
            double[] rounded = array.doubles();
            for (int i = 0; i < values.length; i++) {
                if (Double.isFinite(values[i]) && !Double.isFinite(rounded[i])) {
                    throw new SafetensorsException(file.path(), name.substring(prefix.length()) + " holds " + values[i] + ", which is too large for " + type
                            + "; take a wider type");
                }
            }
            writer.add(name.substring(prefix.length()), array);
        }
        writer.write(path);
    }

    /** All metadata of the file, {@link #CONFIG} and {@link #FORMAT} included. */
    public Map<String, String> metadata() {
        return file.metadata();
    }

    /**
     * A network with these weights.
     *
     * @throws IOException naming the file, if arrays are missing, too many or of another shape, or the edge mode is not installed
     */
    public Stage1Model model(Device device, DType type, EdgeModes modes) throws IOException {
        Stage1Model model;
        try {
            model = new Stage1Model(device, type, config, modes.named(config.edge().mode()), 0);
        } catch (IllegalArgumentException e) {
            throw new SafetensorsException(file.path(), "the network of this file cannot be made: " + e.getMessage(), e);
        }
        try {
            model.parameters().load(file, prefix);
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Gives these weights to a network that is there already; nothing changes if they do not fit.
     *
     * @throws IOException naming the file and the settings in which the architectures differ
     */
    public void copyTo(Stage1Model model) throws IOException {
        List<String> differences = differences(model.config());
        if (!differences.isEmpty()) {
            throw new SafetensorsException(file.path(), "these are the weights of another architecture: " + String.join("; ", differences)
                    + ". Change the configuration, or take other weights");
        }
        model.parameters().load(file, prefix);
    }

    /** The settings in which the architecture of a network differs from this one's, a sentence each. */
    public List<String> differences(Stage1Config other) {
        Map<String, String> here = settings(config);
        Map<String, String> there = settings(other);
        Predicate<String> differs = name -> !FREE.contains(name) && !here.get(name).equals(there.get(name));
        return here.keySet().stream().filter(differs)
                .map(name -> name + " is " + here.get(name) + " in the file, " + there.get(name) + " in the network").toList();
    }

    private static Map<String, String> settings(Stage1Config config) {
        Map<String, String> settings = new TreeMap<>();
        collect("", JSON.valueToTree(config), settings);
        return settings;
    }

    private static void collect(String name, JsonNode node, Map<String, String> settings) {
        if (node.isObject()) {
            node.properties().forEach(field -> collect(name.isEmpty() ? field.getKey() : name + "." + field.getKey(), field.getValue(), settings));
        } else {
            settings.put(name, node.asText());
        }
    }
}
