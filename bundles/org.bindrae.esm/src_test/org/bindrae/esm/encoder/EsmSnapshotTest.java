package org.bindrae.esm.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EsmSnapshotTest {
    private static final String WEIGHTS = "model.safetensors";
    private static final String QUERY = "esm.encoder.layer.1.attention.self.query.weight";

    @TempDir
    Path folder;

    private SafetensorsFile original;

    @BeforeEach
    void copy() throws IOException {
        for (String name : List.of("config.json", WEIGHTS)) {
            Files.copy(TinyModel.FOLDER.resolve(name), folder.resolve(name));
        }
        original = SafetensorsFile.read(TinyModel.FOLDER.resolve(WEIGHTS));
    }

    private void write(Path file, List<String> names, UnaryOperator<String> rename) throws IOException {
        var writer = new SafetensorsWriter();
        for (String name : names) {
            writer.add(rename.apply(name), original.array(name));
        }
        writer.write(file);
    }

    private static double[] hidden(Path model) throws IOException {
        try (CpuDevice device = new CpuDevice(1, true);
                TensorArena arena = device.arena();
                EsmEncoder encoder = EsmEncoder.load(EsmSnapshot.open(model), device, DType.F32)) {
            return encoder.forward(arena, List.of(Alphabet.tokens("MKTAYX"))).toDoubles();
        }
    }

    private void expectError(String message) {
        String found = assertThrows(IOException.class, () -> EsmSnapshot.open(folder)).getMessage();
        assertTrue(found.startsWith(folder.toString()), found);
        assertTrue(found.contains(message), found);
    }

    private void editConfig(String from, String to) throws IOException {
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        assertTrue(text.contains(from));
        Files.writeString(config, text.replace(from, to));
    }

    @Test
    void namesWithoutPrefixAndNewerNamesOfNormsServeAsWell() throws IOException {
        double[] expected = hidden(TinyModel.FOLDER);
        write(folder.resolve(WEIGHTS), original.names(),
                name -> name.replaceFirst("^esm\\.", "").replace("gamma", "weight").replace("LayerNorm.beta", "LayerNorm.bias"));
        assertArrayEquals(expected, hidden(folder));
    }

    @Test
    void shardsAreFoundByTheIndex() throws IOException {
        Files.delete(folder.resolve(WEIGHTS));
        List<String> names = original.names();
        write(folder.resolve("a.safetensors"), names.subList(0, 20), name -> name);
        write(folder.resolve("b.safetensors"), names.subList(20, names.size()), name -> name);
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            map.append(i == 0 ? "" : ",").append('"').append(names.get(i)).append(i < 20 ? "\":\"a.safetensors\"" : "\":\"b.safetensors\"");
        }
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
        assertArrayEquals(hidden(TinyModel.FOLDER), hidden(folder));
        assertEquals(EsmSnapshot.open(TinyModel.FOLDER).hash(), EsmSnapshot.open(folder).hash());
        Files.delete(folder.resolve("b.safetensors"));
        expectError("b.safetensors, which it names, is not in the folder");
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{\"x\":\"../a.safetensors\"}}");
        expectError("../a.safetensors is no file of this folder");
    }

    @Test
    void missingAndMisshapenParametersAreNamed() throws IOException {
        write(folder.resolve(WEIGHTS), original.names().stream().filter(name -> !name.equals(QUERY)).toList(), name -> name);
        expectError("no " + QUERY);
        var writer = new SafetensorsWriter();
        for (String name : original.names()) {
            writer.add(name, name.equals(QUERY) ? StoredArray.of(Shape.of(40, 20), new float[800]) : original.array(name));
        }
        writer.write(folder.resolve(WEIGHTS));
        expectError(QUERY + " is [40×20] of F32 where [40×40] is needed");
    }

    @Test
    void truncatedWeightsAreNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(WEIGHTS));
        Files.write(folder.resolve(WEIGHTS), Arrays.copyOf(bytes, bytes.length - 100));
        expectError("the file is cut short");
    }

    @Test
    void weightsThatAreNoNumbersAreFound() throws IOException {
        var writer = new SafetensorsWriter();
        for (String name : original.names()) {
            float[] values = original.floats(name);
            values[0] = name.equals(QUERY) ? Float.NaN : values[0];
            writer.add(name, StoredArray.of(original.shape(name), values));
        }
        writer.write(folder.resolve(WEIGHTS));
        try (CpuDevice device = new CpuDevice(1, true); EsmEncoder encoder = EsmEncoder.load(EsmSnapshot.open(folder), device, DType.F32)) {
            IOException e = assertThrows(IOException.class, () -> new SequenceEncoder(encoder).encode(List.of("MKT")));
            assertEquals("the language model gives numbers that are not finite; its weights are damaged", e.getMessage());
        }
    }

    @Test
    void picklesAreRefusedWithTheWayToConvertThem() throws IOException {
        Files.move(folder.resolve(WEIGHTS), folder.resolve("pytorch_model.bin"));
        expectError("EsmModel.from_pretrained(");
        Files.delete(folder.resolve("pytorch_model.bin"));
        expectError("has neither model.safetensors nor");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"\"model_type\": \"esm\"|\"model_type\": \"bert\"|model_type is \"bert\"", "\"rotary\"|\"absolute\"|position_embedding_type",
                    "\"vocab_size\": 33|\"vocab_size\": 30|vocab_size is 30", "\"mask_token_id\": 32|\"mask_token_id\": 4|mask_token_id is 4",
                    "\"is_folding_model\": false|\"is_folding_model\": true|ESMFold", "\"num_attention_heads\": 5|\"num_attention_heads\": 7|heads",
                    "\"hidden_size\": 40|\"hidden_size\": \"forty\"|hidden_size", "\"hidden_size\": 40|\"hidden_size\": 80|where [33×80] is needed",
                    "\"model_type\"|model_type|is no valid JSON"})
    void aConfigurationOfAnotherModelIsRefused(String from, String to, String message) throws IOException {
        editConfig(from, to);
        expectError(message);
    }

    @Test
    void aVocabularyOfAnotherTokenizerIsRefused() throws IOException {
        Files.write(folder.resolve("vocab.txt"), Alphabet.TOKENS);
        EsmSnapshot.open(folder);
        Files.write(folder.resolve("vocab.txt"), Alphabet.TOKENS.reversed());
        expectError("line 1: the tokenizer is not that of ESM-2: <mask> where <cls> is expected");
    }

    @Test
    void theHashFollowsTheValues() throws IOException {
        String hash = EsmSnapshot.open(folder).hash();
        assertEquals(EsmSnapshot.open(TinyModel.FOLDER).hash(), hash);
        var writer = new SafetensorsWriter();
        for (String name : original.names()) {
            float[] values = original.floats(name);
            values[0] += name.equals(QUERY) ? 1e-3f : 0;
            writer.add(name, StoredArray.of(original.shape(name), values));
        }
        writer.write(folder.resolve(WEIGHTS));
        assertNotEquals(hash, EsmSnapshot.open(folder).hash());
    }

    @ParameterizedTest
    @EnumSource(EsmConfig.Published.class)
    void publishedModelsHaveTheirNumberOfParameters(EsmConfig.Published model) {
        double millions = model.config().parameters() * 1e-6;
        double named = switch (model) {
            case T6_8M -> 7.4;
            case T12_35M -> 33.5;
            case T30_150M -> 148;
            case T33_650M -> 651;
            case T36_3B -> 2838;
            case T48_15B -> 15_130;
        };
        assertEquals(1, millions / named, 0.01);
        assertEquals(1022, model.config().longest());
    }

    @Test
    void lettersThatAreNoneAreNamed() {
        assertEquals("residue 3 is 'k', which is none of " + Alphabet.LETTERS + "; write capital letters",
                assertThrows(IllegalArgumentException.class, () -> Alphabet.tokens("MAk")).getMessage());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Alphabet.tokens("M*")).getMessage().contains("write X"));
        assertThrows(IllegalArgumentException.class, () -> Alphabet.tokens(""));
    }

    @Test
    void windowsCoverASequenceOnceAndOverlap() {
        for (int length : new int[] {1, 1022, 1023, 1500, 4000, 35_000}) {
            int kept = 0;
            Window last = null;
            for (Window window : Window.over(length, 1022)) {
                assertEquals(kept, window.keepFrom());
                assertTrue(window.from() <= window.keepFrom() && window.keepTo() <= window.to() && window.to() - window.from() <= 1022);
                assertTrue(last == null || last.to() - window.from() >= 256);
                kept = window.keepTo();
                last = window;
            }
            assertEquals(length, kept);
        }
    }

    @Test
    void longSequencesAreEmbeddedInWindows() throws IOException {
        editConfig("\"max_position_embeddings\": 1026", "\"max_position_embeddings\": 24");
        String sequence = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRV";
        try (CpuDevice device = new CpuDevice(1, true); EsmEncoder encoder = EsmEncoder.load(EsmSnapshot.open(folder), device, DType.F32)) {
            List<Window> windows = Window.over(sequence.length(), 20);
            float[] all = new SequenceEncoder(encoder).encode(List.of("MK", sequence)).get(1);
            for (Window window : windows) {
                float[] part = new SequenceEncoder(encoder).encode(List.of(sequence.substring(window.from(), window.to()))).getFirst();
                assertArrayEquals(Arrays.copyOfRange(part, 40 * (window.keepFrom() - window.from()), 40 * (window.keepTo() - window.from())),
                        Arrays.copyOfRange(all, 40 * window.keepFrom(), 40 * window.keepTo()), 1e-5f);
            }
        }
    }
}
