package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.edge.internal.FlashNoBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.FormatVersions;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Stage1WeightsTest {
    private static final EdgeModes MODES = new EdgeModes(List.of(new FlashNoBias(), new Flash1dBias()));
    private static final Stage1Config CONFIG = TinyModel.withWarmUp(TinyModel.config(true, false), 100);

    @TempDir
    Path folder;

    private final CpuDevice device = new CpuDevice(1, false);
    private final Stage1Model model = TinyModel.create(device, DType.F32, CONFIG);
    private Path file;

    @BeforeEach
    void save() throws IOException {
        file = folder.resolve("weights.safetensors");
        model.warmUp(37);
        Stage1Weights.save(file, model, Map.of("made.by", "a test"));
    }

    @AfterEach
    void close() {
        model.close();
        device.close();
    }

    private double[] atoms(Stage1Model of) {
        ModelInput input = RandomComplexes.input(TinyModel.EMBEDDING, RandomComplexes.sample("a", 12, 5, 1));
        try (TensorArena arena = device.arena()) {
            return of.forward(Tape.inference(arena), input, new FlashCpuBackend()).atoms().toDoubles();
        }
    }

    private String errorOf(org.junit.jupiter.api.function.Executable work) {
        String message = assertThrows(IOException.class, work).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertEquals(-1, message.indexOf('\n'));
        return message.substring(file.toString().length() + 2);
    }

    private Stage1Model load() throws IOException {
        return Stage1Weights.load(file, device, DType.F32, MODES);
    }

    @Test
    void aLoadedNetworkGivesTheSameBits() throws IOException {
        try (Stage1Model loaded = load()) {
            assertEquals(CONFIG, loaded.config());
            assertArrayEquals(atoms(model), atoms(loaded));
        }
    }

    @Test
    void theGateIsAsOpenAsItWasSaved() throws IOException {
        try (Stage1Model loaded = load()) {
            assertEquals(0.37f, loaded.parameters().all().get("ligand_gate.warm_up").toFloats()[0]);
            model.warmUp(100);
            Stage1Weights.save(file, model, Map.of());
            double[] open = atoms(model);
            assertArrayEquals(open, atoms(load()));
            assertTrue(Math.abs(open[0] - atoms(loaded)[0]) > 1e-6);
        }
    }

    @Test
    void metadataAreKept() throws IOException {
        assertEquals("a test", Stage1Weights.read(file).metadata().get("made.by"));
    }

    @Test
    void namesInsideTheAttentionAreThoseOfFlashIpa() throws IOException {
        List<String> names = SafetensorsFile.read(file).names();
        assertTrue(names.containsAll(List.of("trunk.blocks.0.ipa.linear_q.weight", "trunk.blocks.1.ipa.linear_kv_points.bias",
                "trunk.blocks.1.ipa.head_weights", "trunk.norm.weight", "adapter.linear.weight", "edge_embedder.linear_s_p.weight",
                "conditioner.token_mlp.linear_1.weight", "conditioner.linear_k.bias", "ligand_gate.scale")), names.toString());
    }

    @Test
    void averagesAreSavedUnderTheSameNames() throws IOException {
        try (TensorArena arena = device.arena()) {
            Map<String, Tensor> averages = new LinkedHashMap<>(model.parameters().all());
            averages.put("trunk.norm.weight", arena.zeros(DType.F32, Shape.of(CONFIG.cS())));
            Stage1Weights.save(file, CONFIG, averages, Map.of());
            try (Stage1Model loaded = load()) {
                assertArrayEquals(new float[CONFIG.cS()], loaded.parameters().all().get("trunk.norm.weight").toFloats());
            }
        }
    }

    @Test
    void doublePrecisionLoadsSinglePrecision() throws IOException {
        try (Stage1Model loaded = Stage1Weights.load(file, device, DType.F64, MODES)) {
            assertArrayEquals(atoms(model), atoms(loaded), 1e-4);
        }
    }

    @Test
    void aContentInMemoryIsReadLikeItsFile() throws IOException {
        Stage1Weights read = Stage1Weights.of(Path.of("a bundle"), Files.readAllBytes(file));
        try (Stage1Model loaded = read.model(device, DType.F32, MODES)) {
            assertArrayEquals(atoms(model), atoms(loaded));
        }
        assertEquals(Path.of("a bundle"), read.path());
        String message = assertThrows(IOException.class, () -> Stage1Weights.of(Path.of("a bundle"), new byte[3])).getMessage();
        assertTrue(message.startsWith("a bundle: "), message);
    }

    @Test
    void halfPrecisionGivesAlmostTheSameNetwork() throws IOException {
        Path half = folder.resolve("half.safetensors");
        Stage1Weights.read(file).writeTo(half, ElementType.F16, Map.of("made.by", "another test"));
        Stage1Weights read = Stage1Weights.read(half);
        assertEquals("another test", read.metadata().get("made.by"));
        assertEquals(Stage1Weights.read(file).bytes(), 2 * read.bytes());
        try (Stage1Model loaded = read.model(device, DType.F32, MODES)) {
            assertEquals(CONFIG, loaded.config());
            assertArrayEquals(atoms(model), atoms(loaded), 0.05);
        }
    }

    @Test
    void aNumberTooLargeForHalfPrecisionIsNamed() throws IOException {
        float[] large = new float[CONFIG.cS()];
        large[3] = 7e4f;
        try (TensorArena arena = device.arena()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>(model.parameters().all());
            tensors.put("trunk.norm.weight", arena.zeros(DType.F32, Shape.of(CONFIG.cS())).set(large));
            Stage1Weights.save(file, CONFIG, tensors, Map.of());
        }
        Path half = folder.resolve("half.safetensors");
        assertEquals("trunk.norm.weight holds 70000.0, which is too large for F16; take a wider type",
                errorOf(() -> Stage1Weights.read(file).writeTo(half, ElementType.F16, Map.of())));
        assertTrue(Files.notExists(half));
    }

    @Test
    void anotherArchitectureIsRefusedWithItsDifferences() throws IOException {
        Stage1Config c = CONFIG;
        Stage1Config.Edge edge = new Stage1Config.Edge(c.edge().mode(), 8, 4, 4, 6, 3, c.edge().distance(), 4, true, 32);
        Stage1Config other = new Stage1Config(7, c.cS(), edge, c.attention(), c.ligand(), 3, 2, 8, 0.5, false, false, 10, 1, true);
        try (Stage1Model target = TinyModel.create(device, DType.F32, other)) {
            double[] before = target.parameters().all().get("trunk.norm.weight").toDoubles();
            assertEquals("these are the weights of another architecture: depth is 2 in the file, 3 in the network; "
                    + "edge.rank is 2 in the file, 4 in the network; "
                    + "embeddingWidth is 5 in the file, 7 in the network. Change the configuration, or take other weights",
                    errorOf(() -> Stage1Weights.read(file).copyTo(target)));
            assertArrayEquals(before, target.parameters().all().get("trunk.norm.weight").toDoubles());
        }
    }

    @Test
    void weightsGoOnInANetworkThatOnlyRunsDifferently() throws IOException {
        try (Stage1Model target = new Stage1Model(device, DType.F32, TinyModel.withDropout(CONFIG.withUpdateFrames(false), 0.3), new Flash1dBias(), 9)) {
            Stage1Weights.read(file).copyTo(target);
            assertArrayEquals(model.parameters().all().get("torsion_head.linear_1.weight").toFloats(),
                    target.parameters().all().get("torsion_head.linear_1.weight").toFloats());
        }
    }

    @Test
    void aFileCutShortIsNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 100));
        errorOf(this::load);
    }

    @Test
    void aFileOfSomethingElseIsNamed() throws IOException {
        new SafetensorsWriter().add("x", StoredArray.of(Shape.of(1), 1f)).write(file);
        assertEquals("this is a safetensors file, but not one with the weights of a Stage-1 network: its metadata lack config", errorOf(this::load));
    }

    @Test
    void missingAndUnknownArraysAreNamed() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>(model.parameters().all());
        Tensor gone = tensors.remove("trunk.norm.weight");
        tensors.put("trunk.norm.gain", gone);
        Stage1Weights.save(file, CONFIG, tensors, Map.of());
        String message = errorOf(this::load);
        assertTrue(message.contains("missing \"trunk.norm.weight\"") && message.contains("unknown \"trunk.norm.gain\""), message);
    }

    @Test
    void aConfigurationOfAnotherVersionIsNamed() throws IOException {
        String config = Stage1Weights.read(file).metadata().get(Stage1Weights.CONFIG);
        rewriteConfig(config.replace("\"depth\":2", "\"depth\":2,\"wings\":2"));
        assertTrue(errorOf(this::load).contains("\"wings\""));
        rewriteConfig(config.replace("\"depth\":2,", ""));
        assertTrue(errorOf(this::load).contains("'depth'"));
        rewriteConfig(config.replace("\"depth\":2", "\"depth\":0"));
        assertEquals("the configuration in its metadata cannot be used: depth must be at least 1, not 0", errorOf(this::load));
        rewriteConfig(config.replace("flash_1d_bias", "flash_3d"));
        assertEquals("the network of this file cannot be made: no edge mode is called 'flash_3d'; installed are flash_1d_bias, flash_no_bias",
                errorOf(this::load));
    }

    @Test
    void whatWasWrittenBeforeThereWereMessagesIsRead() throws IOException {
        String now = Stage1Weights.read(file).metadata().get(Stage1Weights.CONFIG);
        String before = now.replaceFirst(",\"local\":\\{.*", "}");
        assertFalse(before.contains("chi"), before);
        rewriteConfig(before);
        assertEquals(CONFIG, Stage1Weights.read(file).config());
        try (Stage1Model loaded = load()) {
            assertArrayEquals(atoms(model), atoms(loaded));
        }
    }

    @Test
    void whatANewerWorkbenchWroteIsRefused() throws IOException {
        Stage1Weights written = Stage1Weights.read(file);
        assertEquals("2", written.metadata().get(FormatVersions.KEY));
        for (String format : List.of(Stage1Weights.STAGE1, Stage1Weights.CHECKPOINT)) {
            new SafetensorsWriter().metadata(written.metadata()).metadata(Stage1Weights.FORMAT, format).metadata(FormatVersions.KEY, "3")
                    .metadata(Stage1Weights.CONFIG, "{\"unheard\": 1}").write(file);
            String message = errorOf(this::load);
            assertTrue(message.startsWith("written by a newer workbench (format 3, this one reads up to 2): update the workbench"), message);
        }
    }

    private void rewriteConfig(String config) throws IOException {
        new SafetensorsWriter().addAll(model.parameters().all()).metadata(Stage1Weights.FORMAT, Stage1Weights.STAGE1)
                .metadata(Stage1Weights.CONFIG, config).write(file);
    }
}
