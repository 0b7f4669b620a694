package org.bindrae.esm.encoder;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.StoredArray;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * A folder as Hugging Face publishes models: {@code config.json} and {@code model.safetensors}, or {@code model.safetensors.index.json} and the files that it
 * names. The files are mapped into memory, not loaded.
 */
public final class EsmSnapshot implements EsmWeights {
    private static final String CONFIG = "config.json";
    private static final String VOCABULARY = "vocab.txt";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final List<String> PICKLES = List.of("pytorch_model.bin", "pytorch_model.bin.index.json");
    private static final int NAMES_TOLD = 4;
    /** Of a large array, the hash takes this many pieces of so many bytes, evenly spread. */
    private static final int PIECES = 16;
    private static final int PIECE = 1 << 12;

    private final Path folder;
    private final EsmConfig config;
    /** By the names of {@link ParameterNames}. */
    private final Map<String, Entry> entries;

    private record Entry(SafetensorsFile file, String name) {
        StoredArray array() throws IOException {
            return file.array(name);
        }
    }

    private EsmSnapshot(Path folder, EsmConfig config, Map<String, Entry> entries) {
        this.folder = folder;
        this.config = config;
        this.entries = entries;
    }

    /**
     * Opens a folder and checks that all parameters are there.
     *
     * @throws IOException naming the file and what is missing, damaged or of another model
     */
    public static EsmSnapshot open(Path folder) throws IOException {
        Path configFile = folder.resolve(CONFIG);
        if (!Files.isRegularFile(configFile)) {
            throw new IOException(folder + ": is no folder of an ESM-2 model: it has no " + CONFIG);
        }
        EsmConfig config = EsmConfig.read(configFile);
        if (Files.isRegularFile(folder.resolve(VOCABULARY))) {
            Alphabet.check(folder.resolve(VOCABULARY));
        }
        Map<String, SafetensorsFile> files = files(folder);
        String prefix = files.containsKey(ParameterNames.PREFIX + ParameterNames.EMBEDDING) ? ParameterNames.PREFIX : "";
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        for (Map.Entry<String, Shape> parameter : ParameterNames.all(config).entrySet()) {
            String name = prefix + parameter.getKey();
            String stored = files.containsKey(name) ? name : ParameterNames.older(name);
            SafetensorsFile file = files.get(stored);
            if (file == null) {
                faults.add("no " + name);
            } else if (!file.shape(stored).equals(parameter.getValue()) || !file.dtype(stored).isFloating()) {
                faults.add(stored + " is " + file.shape(stored) + " of " + file.dtype(stored) + " where " + parameter.getValue() + " is needed");
            } else {
                entries.put(parameter.getKey(), new Entry(file, stored));
            }
        }
        if (!faults.isEmpty()) {
            throw new IOException(folder + ": these are not the weights of the model that " + CONFIG + " describes: "
                    + String.join("; ", faults.subList(0, Math.min(NAMES_TOLD, faults.size())))
                    + (faults.size() > NAMES_TOLD ? "; and " + (faults.size() - NAMES_TOLD) + " more" : ""));
        }
        return new EsmSnapshot(folder, config, entries);
    }

    /** The file of each array by name. */
    private static Map<String, SafetensorsFile> files(Path folder) throws IOException {
        Map<String, SafetensorsFile> files = new LinkedHashMap<>();
        if (Files.isRegularFile(folder.resolve(WEIGHTS))) {
            SafetensorsFile file = SafetensorsFile.read(folder.resolve(WEIGHTS));
            file.names().forEach(name -> files.put(name, file));
        } else if (Files.isRegularFile(folder.resolve(INDEX))) {
            readIndex(folder, files);
        } else if (PICKLES.stream().anyMatch(name -> Files.exists(folder.resolve(name)))) {
            throw new IOException(folder + ": has its weights as a Python pickle, which is not read; with transformers installed, "
                    + "python -c \"from transformers import EsmModel; EsmModel.from_pretrained('" + folder
                    + "').save_pretrained('safe')\" makes a folder 'safe' with "
                    + WEIGHTS);
        } else {
            throw new IOException(folder + ": has neither " + WEIGHTS + " nor " + INDEX);
        }
        return files;
    }

    private static void readIndex(Path folder, Map<String, SafetensorsFile> files) throws IOException {
        Path index = folder.resolve(INDEX);
        JsonNode map;
        try {
            map = new JsonMapper().readTree(index.toFile()).path("weight_map");
        } catch (JsonProcessingException e) {
            throw new IOException(index + ": is no valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!map.isObject()) {
            throw new IOException(index + ": has no weight_map");
        }
        Map<String, SafetensorsFile> opened = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String name = entry.getValue().asText();
            if (!Path.of(name).equals(Path.of(name).getFileName())) {
                throw new IOException(index + ": " + name + " is no file of this folder");
            }
            SafetensorsFile file = opened.get(name);
            if (file == null) {
                if (!Files.isRegularFile(folder.resolve(name))) {
                    throw new IOException(index + ": " + name + ", which it names, is not in the folder");
                }
                file = SafetensorsFile.read(folder.resolve(name));
                opened.put(name, file);
            }
            if (!file.contains(entry.getKey())) {
                throw new IOException(file.path() + ": has no " + entry.getKey() + ", which " + INDEX + " says is in it");
            }
            files.put(entry.getKey(), file);
        }
    }

    public Path folder() {
        return folder;
    }

    @Override
    public EsmConfig config() {
        return config;
    }

    @Override
    public StoredArray array(String name) throws IOException {
        return entries.get(name).array();
    }

    /**
     * SHA-256 over the configuration, and of each parameter its name, type, shape and values, of a large one {@value #PIECES} pieces of {@value #PIECE} bytes,
     * so that no gigabytes are read: two trainings differ everywhere.
     */
    public String hash() throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        digest.update(config.toString().getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            StoredArray array = entry.getValue().array();
            digest.update((entry.getKey() + array.type() + array.shape()).getBytes(StandardCharsets.UTF_8));
            MemorySegment data = array.data();
            if (data.byteSize() <= (long) PIECES * PIECE) {
                digest.update(data.toArray(ValueLayout.JAVA_BYTE));
            } else {
                for (int i = 0; i < PIECES; i++) {
                    digest.update(data.asSlice((data.byteSize() - PIECE) / (PIECES - 1) * i, PIECE).toArray(ValueLayout.JAVA_BYTE));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
