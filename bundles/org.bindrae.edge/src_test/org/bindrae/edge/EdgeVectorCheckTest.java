package org.bindrae.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check notices what is wrong with a file or with a value. */
class EdgeVectorCheckTest {
    @TempDir
    private Path folder;

    private final Map<String, StoredArray> arrays = new LinkedHashMap<>();
    private final Map<String, String> metadata = new HashMap<>();

    private void read(String name) throws IOException {
        SafetensorsFile original = SafetensorsFile.read(Path.of("..", "org.bindrae.samples", "src", "vectors", name));
        for (String entry : original.names()) {
            arrays.put(entry, original.array(entry));
        }
        metadata.putAll(original.metadata());
    }

    private List<VectorRow> check() throws IOException {
        Path file = folder.resolve("changed.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter().metadata(metadata);
        arrays.forEach(writer::add);
        writer.write(file);
        try (CpuDevice device = new CpuDevice(1, true)) {
            return new EdgeVectorCheck(SafetensorsFile.read(file)).check(device, DType.F64);
        }
    }

    private void change(String name, int index, double value) {
        double[] values = arrays.get(name).doubles();
        values[index] = value;
        arrays.put(name, StoredArray.of(arrays.get(name).shape(), values));
    }

    private String failure() {
        String message = assertThrows(IOException.class, this::check).getMessage();
        assertTrue(message.startsWith(folder.resolve("changed.safetensors") + ": "), message);
        return message;
    }

    @Test
    void wrongValueFailsInItsRowAlone() throws IOException {
        read("edge_flash_1d_small.safetensors");
        change("out.z_factor_2", 40, 9);
        change("grad.param.linear_s_p.bias", 3, Double.NaN);
        assertEquals(List.of("out.z_factor_2", "grad.param.linear_s_p.bias"), check().stream().filter(row -> !row.passes()).map(VectorRow::quantity).toList());
    }

    @Test
    void onlyGradientsThatTheFileHasAreCompared() throws IOException {
        read("edge_orig_2d_small.safetensors");
        arrays.keySet().removeIf(name -> name.startsWith("grad.") && !name.equals("grad.out.z") && !name.equals("grad.in.s"));
        List<VectorRow> rows = check();
        assertEquals("out.z grad.in.s", rows.stream().map(VectorRow::quantity).collect(Collectors.joining(" ")));
        assertTrue(rows.stream().allMatch(VectorRow::passes));
        arrays.remove("grad.in.s");
        arrays.remove("grad.out.z");
        assertEquals(1, check().size());
    }

    @Test
    void missingAndUnexpectedEntriesAreNamed() throws IOException {
        read("edge_flash_1d_small.safetensors");
        StoredArray weight = arrays.remove("param.linear_relpos.weight");
        assertTrue(failure().contains("param.linear_relpos.weight"));
        arrays.put("param.linear_relpos.weights", weight);
        assertTrue(failure().contains("param.linear_relpos.weights"));
    }

    @Test
    void missingGradientFromAboveIsNamed() throws IOException {
        read("edge_flash_1d_small.safetensors");
        arrays.remove("grad.out.z_factor_2");
        assertTrue(failure().contains("grad.out.z_factor_2"));
    }

    @Test
    void wrongShapesAndSettingsAreNamed() throws IOException {
        read("edge_flash_1d_small.safetensors");
        metadata.put("k", "6");
        assertTrue(failure().contains("param.linear_t_distogram.weight"));
        metadata.put("k", "five");
        assertTrue(failure().contains("\"k\""));
        metadata.put("mode", "flash_3d");
        assertTrue(failure().contains("flash_3d"));
        metadata.put("kind", "ipa");
        assertTrue(failure().contains("ipa"));
    }

    @Test
    void lengthsInNanometresAreUnderstood() throws IOException {
        read("edge_orig_2d_small.safetensors");
        metadata.put("units", "nm");
        assertFalse(check().stream().allMatch(VectorRow::passes));
        for (String name : new String[] {"in.translations", "in.trans_sc"}) {
            double[] values = arrays.get(name).doubles();
            for (int i = 0; i < values.length; i++) {
                values[i] /= 10;
            }
            arrays.put(name, StoredArray.of(arrays.get(name).shape(), values));
        }
        assertTrue(check().stream().allMatch(VectorRow::passes));
    }

    @Test
    void maskedResiduesWithoutResultsAreNoNeighbours() throws IOException {
        read("edge_flash_1d_small.safetensors");
        // the last residue of the second sequence is cut away; whatever had it as a neighbour no longer fits
        change("in.mask", 27, 0);
        assertTrue(check().stream().allMatch(VectorRow::passes), "a masked residue with a result is a residue");
        for (String name : new String[] {"out.z_factor_1", "out.z_factor_2"}) {
            for (int i = 27 * 32; i < 28 * 32; i++) {
                change(name, i, 0);
            }
        }
        assertFalse(check().stream().allMatch(VectorRow::passes));
    }
}
