package org.bindrae.esm.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A tiny encoder with random weights, computed by Hugging Face transformers in double precision. */
class GoldenVectorsTest {
    private static final List<String> SEQUENCES = List.of("a", "b", "c", "d");

    private final EsmSnapshot snapshot = EsmSnapshot.open(TinyModel.FOLDER);
    private final SafetensorsFile expected = SafetensorsFile.read(Path.of("src_test/org/bindrae/esm/encoder/tiny/expected.safetensors"));

    GoldenVectorsTest() throws IOException {
    }

    private String sequence(String name) {
        return expected.metadata().get("seq." + name);
    }

    private double[] expected(String... names) {
        return Stream.of(names).flatMap(name -> {
            try {
                return Arrays.stream(expected.doubles("last_hidden." + name)).boxed();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }).mapToDouble(Double::doubleValue).toArray();
    }

    private double[] hidden(CpuDevice device, DType type, boolean streamed, String... names) throws IOException {
        try (EsmEncoder encoder = EsmEncoder.load(snapshot, device, type, streamed); TensorArena arena = device.arena()) {
            return encoder.forward(arena, Stream.of(names).map(name -> Alphabet.tokens(sequence(name))).toList()).toDoubles();
        }
    }

    /** Largest difference relative to the largest number. */
    private static double error(double[] expected, double[] actual) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        return difference / Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    }

    @Test
    void tokensAreThoseOfTheTokenizer() throws IOException {
        for (String name : SEQUENCES) {
            assertArrayEquals(expected.ints("tokens." + name), Alphabet.tokens(sequence(name)));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void lastHiddenStatesAgreeAloneAndTogether(DType type) throws IOException {
        double tolerance = type == DType.F32 ? 1e-5 : 1e-6;
        for (boolean vector : new boolean[] {false, true}) {
            try (CpuDevice device = new CpuDevice(2, vector)) {
                for (String name : SEQUENCES) {
                    double error = error(expected(name), hidden(device, type, false, name));
                    assertTrue(error < tolerance, name + " differs by " + error);
                }
                String[] all = SEQUENCES.toArray(String[]::new);
                assertTrue(error(expected(all), hidden(device, type, false, all)) < tolerance);
            }
        }
    }

    @Test
    void streamedLayersGiveTheSameBits() throws IOException {
        try (CpuDevice device = new CpuDevice(2, true)) {
            for (DType type : List.of(DType.F32, DType.F64)) {
                assertArrayEquals(hidden(device, type, false, "a", "c"), hidden(device, type, true, "a", "c"));
            }
        }
    }

    @Test
    void frequenciesAreThoseOfTheFile() throws IOException {
        SafetensorsFile weights = SafetensorsFile.read(TinyModel.FOLDER.resolve("model.safetensors"));
        double[] frequencies = weights.doubles("esm.encoder.layer.*.attention.self.rotary_embeddings.inv_freq");
        try (CpuDevice device = new CpuDevice(1, true); TensorArena arena = device.arena()) {
            double[] table = RotaryPositions.table(arena, DType.F64, 2, 8, 10_000).toDoubles();
            for (int c = 0; c < 4; c++) {
                assertEquals(Math.cos(frequencies[c]), table[8 + c], 1e-15);
                assertEquals(Math.sin(frequencies[c]), table[12 + c], 1e-15);
            }
        }
    }

    @Test
    void hiddenTokensGiveNothingAndTheRestIsScaledUp() throws IOException {
        try (CpuDevice device = new CpuDevice(1, true); TensorArena arena = device.arena(); EsmEncoder encoder = EsmEncoder.load(snapshot, device, DType.F64)) {
            int[] tokens = Alphabet.tokens("MK");
            double[] before = encoder.forward(arena, List.of(tokens)).toDoubles();
            tokens[1] = Alphabet.MASK;
            double[] after = encoder.forward(arena, List.of(tokens)).toDoubles();
            assertTrue(error(before, after) > 1e-3);
        }
    }
}
