package org.bindrae.data;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.FormatVersions;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Prepared samples in a folder, one safetensors file {@code <id>.safetensors} each: numbers as arrays, the rest as JSON in the metadata, with a checksum over
 * all of it. Thread-safe for different ids.
 */
public final class SampleCache implements SampleSource {
    static final String ENDING = ".safetensors";
    private static final String FORMAT = "bindrae-sample";
    /** Changes whenever the content of samples does, so that old files are made again. */
    private static final String VERSION = "2";
    /** Refuses newer ones. Older ones are not brought up to date, but made again. */
    private static final FormatVersions<SafetensorsFile> VERSIONS = new FormatVersions<>(Collections.nCopies(Integer.parseInt(VERSION) - 1, file -> file));
    static final JsonMapper JSON = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES).build();

    private final Path folder;

    /** What is not an array. */
    private record Text(String id, List<ResidueId> residues, List<String> names, Ligand ligand, List<String> notes) {
    }

    /**
     * Opens a cache.
     *
     * @throws IOException when the folder does not exist and cannot be made
     */
    public SampleCache(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    @Override
    public Path path() {
        return folder;
    }

    /**
     * The file of a sample, whether or not it exists.
     *
     * @throws IllegalArgumentException when the id is not fit to be a file name
     */
    public Path file(String id) {
        return folder.resolve(SampleId.check(id) + ENDING);
    }

    @Override
    public List<String> ids() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(ENDING))
                    .map(name -> name.substring(0, name.length() - ENDING.length()))
                    .filter(SampleId::isValid).sorted().toList();
        }
    }

    @Override
    public boolean has(String id) {
        return Files.isRegularFile(file(id));
    }

    @Override
    public Entry entry(String id) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(file(id));
        return new Entry(id, Math.toIntExact(file.shape("types").size()), file.metadata().getOrDefault("hash", ""));
    }

    /** Writes a sample, complete or not at all, replacing what was there. */
    public void write(Sample sample) throws IOException {
        ResidueTable table = sample.residues();
        String text = JSON.writeValueAsString(new Text(sample.id(), table.ids(), table.names(), sample.ligand(), sample.notes()));
        Map<String, StoredArray> arrays = arrays(sample);
        var writer = new SafetensorsWriter().metadata("format", FORMAT).metadata(FormatVersions.KEY, VERSION).metadata("hash", sample.hash())
                .metadata("text", text)
                .metadata("checksum", checksum(text, sample.hash(), arrays));
        arrays.forEach(writer::add);
        writer.write(file(sample.id()));
    }

    private static Map<String, StoredArray> arrays(Sample sample) {
        ResidueTable table = sample.residues();
        LigandTokens tokens = sample.tokens();
        Shape residues = Shape.of(table.size());
        Map<String, StoredArray> arrays = new LinkedHashMap<>();
        arrays.put("types", StoredArray.of(residues, table.types()));
        arrays.put("atom14", StoredArray.of(Shape.of(table.size(), ResidueConstants.SLOTS, 3), table.atom14()));
        arrays.put("present", StoredArray.of(Shape.of(table.size(), ResidueConstants.SLOTS), bytes(table.present())));
        arrays.put("break_before", StoredArray.of(residues, bytes(table.breakBefore())));
        arrays.put("hetero_positions", StoredArray.of(Shape.of(sample.surroundings().size(), 3), sample.surroundings().positions()));
        arrays.put("hetero_elements", StoredArray.of(Shape.of(sample.surroundings().size()), sample.surroundings().elements()));
        arrays.put("ligand_distance", StoredArray.of(residues, sample.ligandDistance()));
        arrays.put("pocket_weight", StoredArray.of(residues, sample.pocketWeight()));
        arrays.put("token_positions", StoredArray.of(Shape.of(tokens.size(), 3), tokens.positions()));
        arrays.put("token_features", StoredArray.of(Shape.of(tokens.size(), LigandTokens.WIDTH), tokens.features()));
        return arrays;
    }

    /**
     * Reads a sample back, exactly as it was written.
     *
     * @throws IOException naming the file, when there is none, or it is damaged or of another version
     */
    @Override
    public Sample read(String id) throws IOException {
        Path path = file(id);
        SafetensorsFile file = SafetensorsFile.read(path);
        if (FORMAT.equals(file.metadata().get("format"))) {
            VERSIONS.upToDate(path.toString(), file.metadata().get(FormatVersions.KEY), file);
        }
        if (!FORMAT.equals(file.metadata().get("format")) || !VERSION.equals(file.metadata().get(FormatVersions.KEY))) {
            throw new IOException(path + ": not a prepared sample of format version " + VERSION + "; prepare it again");
        }
        String json = file.metadata().getOrDefault("text", "");
        String hash = file.metadata().getOrDefault("hash", "");
        Map<String, StoredArray> arrays = new LinkedHashMap<>();
        for (String name : file.names()) {
            arrays.put(name, file.array(name));
        }
        if (!checksum(json, hash, arrays).equals(file.metadata().get("checksum"))) {
            throw new IOException(path + ": damaged, its checksum differs; prepare it again");
        }
        Text text = text(json, path);
        if (!text.id().equals(id)) {
            throw new IOException(path + ": holds the sample " + text.id() + "; prepare it again");
        }
        ResidueTable table = new ResidueTable(text.residues(), text.names(), file.ints("types"), file.doubles("atom14"), booleans(file.ints("present")),
                booleans(file.ints("break_before")));
        LigandTokens tokens = new LigandTokens(file.doubles("token_positions"), file.floats("token_features"));
        HeteroAtoms surroundings = new HeteroAtoms(file.doubles("hetero_positions"), file.ints("hetero_elements"));
        return new Sample(text.id(), table, text.ligand(), tokens, surroundings, file.doubles("ligand_distance"), file.doubles("pocket_weight"), text.notes(),
                hash);
    }

    private static Text text(String json, Path path) throws IOException {
        try {
            return JSON.readValue(json, Text.class);
        } catch (JsonProcessingException e) {
            throw new IOException(path + ": its description is not that of a sample; prepare it again", e);
        }
    }

    /** Whether the cache has an undamaged sample made of just these inputs. */
    public boolean holds(String id, String hash) {
        try {
            return has(id) && read(id).hash().equals(hash);
        } catch (IOException e) {
            // damaged or outdated: as good as none
            return false;
        }
    }

    /** Over names, shapes and bytes, in the order of the names. */
    private static String checksum(String text, String hash, Map<String, StoredArray> arrays) {
        SampleHash checksum = new SampleHash().add("text", text).add("hash", hash);
        new TreeMap<>(arrays).forEach((name, array) -> checksum.add(name + " " + array.type() + array.shape(), array.data().toArray(ValueLayout.JAVA_BYTE)));
        return checksum.hex();
    }

    private static byte[] bytes(boolean[] values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return bytes;
    }

    private static boolean[] booleans(int[] values) {
        boolean[] booleans = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            booleans[i] = values[i] != 0;
        }
        return booleans;
    }
}
