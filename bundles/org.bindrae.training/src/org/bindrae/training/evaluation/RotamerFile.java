package org.bindrae.training.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.tensor.io.AtomicFiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The file of a {@link RotamerBaseline}. */
final class RotamerFile {
    private static final String FORMAT = "bindrae-rotamers";
    private static final int VERSION = 1;
    private static final long LONGEST = 16 << 20;
    private static final JsonMapper JSON = new JsonMapper();

    private RotamerFile() {
    }

    static void write(RotamerBaseline baseline, Path file) throws IOException {
        AtomicFiles.write(file, json(baseline).toPrettyString() + "\n");
    }

    static ObjectNode json(RotamerBaseline baseline) {
        RotamerBaseline.Settings settings = baseline.settings();
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT).put("version", VERSION).put("binDegrees", settings.binDegrees()).put("minimum", settings.minimum());
        root.put("samples", baseline.samples()).put("residues", baseline.residues());
        ObjectNode types = root.putObject("types");
        baseline.byType().forEach((type, rotamer) -> {
            ObjectNode node = types.putObject(ResidueConstants.code(type));
            put(node.putObject("any"), rotamer);
            ArrayNode bins = node.putArray("bins");
            baseline.byBin().getOrDefault(type, Map.of()).forEach((bin, inBin) -> {
                ObjectNode entry = bins.addObject();
                entry.put("phi", bin / settings.bins() * settings.binDegrees() - 180).put("psi", bin % settings.bins() * settings.binDegrees() - 180);
                put(entry, inBin);
            });
        });
        return root;
    }

    private static void put(ObjectNode node, Rotamer rotamer) {
        ArrayNode chi = node.putArray("chi");
        rotamer.chi().forEach(chi::add);
        node.put("count", rotamer.count()).put("sameWell", rotamer.sameWell()).put("total", rotamer.total());
    }

    static RotamerBaseline read(Path file) throws IOException {
        if (Files.size(file) > LONGEST) {
            throw new IOException(file + ": too long for a rotamer baseline");
        }
        try {
            return parse(JSON.readTree(Files.readString(file)));
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": no JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage() + "; learn the baseline again", e);
        }
    }

    private static RotamerBaseline parse(JsonNode root) {
        if (!FORMAT.equals(root.path("format").asText()) || root.path("version").asInt() != VERSION) {
            throw new IllegalArgumentException("not a rotamer baseline of version " + VERSION);
        }
        var settings = new RotamerBaseline.Settings(root.path("binDegrees").asInt(), root.path("minimum").asInt());
        Map<Integer, Rotamer> byType = new TreeMap<>();
        Map<Integer, Map<Integer, Rotamer>> byBin = new TreeMap<>();
        root.path("types").properties().forEach(entry -> {
            int type = ResidueConstants.typeOfCode(entry.getKey());
            if (type == ResidueConstants.UNKNOWN || ResidueConstants.chiCount(type) == 0) {
                throw new IllegalArgumentException(entry.getKey() + " is no residue type with χ angles");
            }
            byType.put(type, rotamer(type, entry.getValue().path("any")));
            Map<Integer, Rotamer> bins = new TreeMap<>();
            entry.getValue().path("bins").forEach(node -> bins.put(bin(settings, node), rotamer(type, node)));
            byBin.put(type, bins);
        });
        return new RotamerBaseline(settings, root.path("samples").asLong(), root.path("residues").asLong(), byType, byBin);
    }

    private static int bin(RotamerBaseline.Settings settings, JsonNode node) {
        int phi = node.path("phi").asInt(Integer.MIN_VALUE);
        int psi = node.path("psi").asInt(Integer.MIN_VALUE);
        int bin = settings.bin(Math.toRadians(phi + 0.5 * settings.binDegrees()), Math.toRadians(psi + 0.5 * settings.binDegrees()));
        if (bin != (phi + 180) / settings.binDegrees() * settings.bins() + (psi + 180) / settings.binDegrees()) {
            throw new IllegalArgumentException("no bin starts at φ " + phi + ", ψ " + psi);
        }
        return bin;
    }

    private static Rotamer rotamer(int type, JsonNode node) {
        List<Double> chi = new ArrayList<>();
        node.path("chi").forEach(angle -> chi.add(angle.isNumber() ? angle.asDouble() : Double.NaN));
        int count = node.path("count").asInt();
        int sameWell = node.path("sameWell").asInt();
        int total = node.path("total").asInt();
        if (chi.size() != ResidueConstants.chiCount(type) || chi.stream().anyMatch(angle -> !(Math.abs(angle) <= 180)) || count < 1 || sameWell < count
                || total < sameWell) {
            throw new IllegalArgumentException("a conformation of " + ResidueConstants.code(type) + " is damaged: " + node);
        }
        return new Rotamer(chi, count, sameWell, total);
    }
}
