package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The check passes where it should and notices what is wrong. */
class GeometryVectorCheckTest {
    private final TestDevice device = new TestDevice(2);
    private final Map<String, StoredArray> arrays = new LinkedHashMap<>();
    private final Map<String, String> metadata = new HashMap<>();
    @TempDir
    private Path folder;

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void everyQuantityAgreesInBothPrecisions(GoldenVectors golden) throws IOException {
        GeometryVectorCheck check = new GeometryVectorCheck(golden.file());
        for (DType precision : new DType[] {DType.F64, DType.F32}) {
            List<VectorRow> rows = check.check(device, precision);
            assertEquals(golden.file().names().stream().filter(name -> name.startsWith("out.") || name.startsWith("grad.in.")).sorted().toList(),
                    rows.stream().map(VectorRow::quantity).sorted().toList());
            rows.forEach(row -> assertTrue(row.passes(), golden + " " + precision + " " + row));
        }
    }

    @BeforeEach
    void read() throws IOException {
        SafetensorsFile original = GoldenVectors.of("6z4n").file();
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
        return new GeometryVectorCheck(SafetensorsFile.read(file)).check(device, DType.F64);
    }

    private List<String> failing() throws IOException {
        return check().stream().filter(row -> !row.passes()).map(VectorRow::quantity).toList();
    }

    private String complaint() {
        String message = assertThrows(IOException.class, this::check).getMessage();
        assertTrue(message.startsWith(folder.resolve("changed.safetensors") + ": "), message);
        return message;
    }

    private void change(String name, int index, double value) {
        double[] values = arrays.get(name).doubles();
        values[index] = value;
        arrays.put(name, StoredArray.of(arrays.get(name).shape(), values));
    }

    private void add(String name, int index, double difference) {
        change(name, index, arrays.get(name).doubles()[index] + difference);
    }

    @Test
    void differenceBeyondTheToleranceFailsInItsRowAlone() throws IOException {
        add("out.backbone_trans", 0, 5e-8);
        add("out.fape_unclamped_scale10", 0, 2e-9);
        add("out.torsion_angles_sin_cos", 2 * 30 * 7 + 5, 2e-7);
        change("out.atom14_atom_is_ambiguous", 3, 1);
        change("grad.in.fk_random_rot", 20, Double.NaN);
        assertEquals(List.of("out.atom14_atom_is_ambiguous", "out.torsion_angles_sin_cos", "grad.in.fk_random_rot", "out.fape_unclamped_scale10"), failing());
    }

    @Test
    void maskedEntriesAreNotCompared() throws IOException {
        // the first residue has no torsion to a residue before it
        assertEquals(0, arrays.get("out.torsion_angles_mask").doubles()[0]);
        change("out.torsion_angles_sin_cos", 0, 7);
        assertEquals(List.of(), failing());
    }

    @Test
    void onlyResultsThatTheFileHasAreCompared() throws IOException {
        arrays.keySet().removeIf(name -> name.contains("fape") || name.startsWith("grad.") || name.startsWith("in.fk_torsions")
                || name.equals("out.fk_atom14"));
        assertEquals(List.of(), failing());
        assertEquals(12, check().size());
    }

    @Test
    void missingAndUnexpectedEntriesAreNamed() throws IOException {
        StoredArray torsions = arrays.remove("in.fk_torsions");
        assertTrue(complaint().contains("\"in.fk_torsions\""));
        arrays.put("in.fk_torsion", torsions);
        assertTrue(complaint().contains("\"in.fk_torsion\""));
        arrays.remove("in.fk_torsion");
        arrays.put("in.fk_torsions", torsions);
        arrays.remove("grad.out.fk_random_atom14");
        assertTrue(complaint().contains("\"grad.out.fk_random_atom14\""));
    }

    @Test
    void wrongShapesTypesAndUnitsAreNamed() throws IOException {
        StoredArray positions = arrays.get("in.atom37_positions");
        arrays.put("in.atom37_positions", StoredArray.of(Shape.of(100 * 37, 3), positions.doubles()));
        assertTrue(complaint().contains("\"in.atom37_positions\""));
        arrays.put("in.atom37_positions", positions);
        int[] types = arrays.get("in.aatype").ints();
        types[7] = 21;
        arrays.put("in.aatype", StoredArray.of(Shape.of(types.length), types));
        assertTrue(complaint().contains("21"));
        metadata.put("units", "nm");
        assertTrue(complaint().contains("\"nm\""));
    }
}
