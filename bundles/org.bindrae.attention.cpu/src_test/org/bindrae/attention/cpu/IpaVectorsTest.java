package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.IpaVectorCheck;
import org.bindrae.attention.LayerTrial;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layer on every backend against values and gradients of flash_ipa, and whether the comparison notices what is wrong. */
class IpaVectorsTest {
    private static final Path OWN = Path.of("..", "org.bindrae.samples", "src", "vectors");
    private static final Path SHARED = Path.of("..", "..", "..", "shared", "vectors");
    private static final String TWO_LENGTHS = "ipa_flash_r2_small.safetensors";

    private final CpuDevice device = new CpuDevice(2, true);
    private final Map<String, StoredArray> arrays = new LinkedHashMap<>();
    private final Map<String, String> metadata = new HashMap<>();
    @TempDir
    private Path folder;

    @AfterEach
    void closeDevice() {
        device.close();
    }

    /** More files than the contract has, where the reference material lies beside the checkout. */
    static Stream<Path> files() throws IOException {
        if (!Files.isDirectory(SHARED)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.list(SHARED)) {
            return files.filter(file -> file.getFileName().toString().startsWith("ipa_")).sorted().toList().stream();
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("files")
    void valuesAndGradientsAgreeOnEveryBackendInBothPrecisions(Path file) throws IOException {
        IpaVectorCheck check = new IpaVectorCheck(SafetensorsFile.read(file));
        for (AttentionBackend backend : new AttentionBackend[] {new ReferenceBackend(), new FlashCpuBackend()}) {
            for (DType precision : new DType[] {DType.F64, DType.F32}) {
                if (backend.check(check.config(), check.config().pairForm(), device, precision).ok()) {
                    List<VectorRow> rows = check.check(device, precision, backend);
                    assertFalse(rows.isEmpty());
                    rows.forEach(row -> assertTrue(row.passes(), file + " " + backend.name() + " " + precision + " " + row));
                } else {
                    assertThrows(IllegalArgumentException.class, () -> check.check(device, precision, backend));
                }
            }
        }
    }

    private void read(String name) throws IOException {
        SafetensorsFile original = SafetensorsFile.read(OWN.resolve(name));
        for (String entry : original.names()) {
            arrays.put(entry, original.array(entry));
        }
        metadata.putAll(original.metadata());
    }

    private List<VectorRow> check() throws IOException {
        return check(DType.F64);
    }

    private List<VectorRow> check(DType precision) throws IOException {
        Path file = folder.resolve("changed.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter().metadata(metadata);
        arrays.forEach(writer::add);
        writer.write(file);
        return new IpaVectorCheck(SafetensorsFile.read(file)).check(device, precision, new FlashCpuBackend());
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

    private void map(String name, DoubleUnaryOperator function) {
        Shape shape = arrays.get(name).shape();
        arrays.put(name, StoredArray.of(shape, java.util.Arrays.stream(arrays.get(name).doubles()).map(function).toArray()));
    }

    @Test
    void wrongValuesFailInTheirRowsAlone() throws IOException {
        read(TWO_LENGTHS);
        change("out.s", 5, 100);
        change("grad.param.head_weights", 0, Double.NaN);
        assertEquals(List.of("out.s", "grad.param.head_weights"), failing());
    }

    @Test
    void placesOfThePaddingDoNotMatter() throws IOException {
        read(TWO_LENGTHS);
        for (String name : List.copyOf(arrays.keySet())) {
            Shape shape = arrays.get(name).shape();
            if (shape.rank() >= 2 && shape.dim(0) == 2 && shape.dim(1) == 13) {
                // in the second sequence, residue 2 and the empty place 11
                double[] values = arrays.get(name).doubles();
                int width = values.length / 26;
                for (int i = 0; i < width; i++) {
                    double kept = values[(13 + 2) * width + i];
                    values[(13 + 2) * width + i] = values[(13 + 11) * width + i];
                    values[(13 + 11) * width + i] = kept;
                }
                arrays.put(name, StoredArray.of(shape, values));
            }
        }
        assertEquals(List.of(), failing());
    }

    @Test
    void positionsInAngstromAreUnderstood() throws IOException {
        read(TWO_LENGTHS);
        metadata.put("units", "angstrom");
        assertFalse(failing().isEmpty());
        map("in.trans", x -> 10 * x);
        map("grad.in.trans", x -> x / 10);
        assertEquals(List.of(), failing());
    }

    @Test
    void positionsFarOffTheOriginAreNoProblemInSinglePrecision() throws IOException {
        read(TWO_LENGTHS);
        map("in.trans", x -> x + 1000);
        check(DType.F32).forEach(row -> assertTrue(row.passes(), row.toString()));
    }

    @Test
    void biasIsScaledAsThePathSays() throws IOException {
        read(TWO_LENGTHS);
        map("param.linear_b.weight", x -> 2 * x);
        assertFalse(failing().isEmpty());
    }

    @Test
    void onlyGradientsThatTheFileHasAreCompared() throws IOException {
        read(TWO_LENGTHS);
        arrays.keySet().removeIf(name -> name.startsWith("grad.") && !name.equals("grad.out.s") && !name.equals("grad.in.z_factor_1"));
        assertEquals(List.of("out.s", "grad.in.z_factor_1"), check().stream().map(VectorRow::quantity).toList());
        arrays.remove("grad.in.z_factor_1");
        assertEquals(1, check().size());
        arrays.remove("grad.out.s");
        assertEquals(1, check().size());
    }

    @Test
    void missingAndUnexpectedEntriesAreNamed() throws IOException {
        read(TWO_LENGTHS);
        StoredArray bias = arrays.remove("param.down_z.bias");
        assertTrue(complaint().contains("\"param.down_z.bias\""));
        arrays.put("param.down_z.bias", bias);
        arrays.put("in.z", bias);
        assertTrue(complaint().contains("\"in.z\""));
        arrays.remove("in.z");
        arrays.remove("grad.out.s");
        assertTrue(complaint().contains("\"grad.out.s\""));
    }

    @Test
    void wrongShapesAndSettingsAreNamed() throws IOException {
        read(TWO_LENGTHS);
        metadata.put("no_heads", "2");
        assertTrue(complaint().contains("\"param.linear_q.weight\""));
        metadata.put("c_z", "-16");
        assertTrue(complaint().contains("\"c_z\""));
        metadata.put("path", "fast");
        assertTrue(complaint().contains("\"fast\""));
        change("in.mask", 1, 0.5);
        metadata.put("path", "flash");
        metadata.put("c_z", "16");
        assertTrue(complaint().contains("\"in.mask\""));
    }

    @Test
    void gradientsThatVanishAreComparedToRounding() throws IOException {
        read("ipa_flash_r0_small.safetensors");
        // a lone residue attends to itself, whatever its query is: the gradient of queries is rounding
        arrays.keySet().removeIf(name -> name.startsWith("grad.in.") || name.startsWith("grad.param.") || name.equals("out.s"));
        for (String name : List.copyOf(arrays.keySet())) {
            Shape shape = arrays.get(name).shape();
            if (!name.startsWith("param.")) {
                int[] one = shape.toArray();
                one[0] = 1;
                one[1] = 1;
                arrays.put(name, StoredArray.of(Shape.of(one), java.util.Arrays.copyOf(arrays.get(name).doubles(), (int) (shape.size() / 26))));
            }
        }
        IpaConfig config = new IpaConfig(24, 0, 8, 3, 4, 6, 0, IpaConfig.FLASH_IPA_BIAS_SCALE);
        Map<String, double[]> inputs = new HashMap<>();
        arrays.forEach((name, array) -> inputs.put(name, array.doubles()));
        new LayerTrial(config, Packing.ofLengths(1), inputs).run(device, DType.F64, new ReferenceBackend()).forEach((name, values) -> {
            Shape shape = name.equals("out.s") ? arrays.get("in.s").shape() : arrays.get(name.substring("grad.".length())).shape();
            arrays.put(name, StoredArray.of(shape, values));
        });
        metadata.put("units", "angstrom");
        map("grad.param.linear_q.weight", x -> x + 1e-18);
        assertEquals(List.of(), failing());
        map("grad.param.linear_q.weight", x -> x + 1e-10);
        assertEquals(List.of("grad.param.linear_q.weight"), failing());
    }
}
