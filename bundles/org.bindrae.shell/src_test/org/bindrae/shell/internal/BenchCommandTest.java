package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

class BenchCommandTest {
    private final TestShell shell = new TestShell();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        shell.close();
    }

    @Test
    void aLayerIsTimedInATableAndAFile() throws IOException {
        Path file = folder.resolve("layer.json");
        String out = shell.run("bench", "layer", "--device", "cpu", "--model", "small", "--lengths", "9,17", "--batch", "2", "--json", file);
        assertTrue(out.contains("forward+backward ms") && out.contains("flash-cpu"), out);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals("layer", json.get("subject").asText());
        assertEquals(2, json.get("rows").size());
        assertEquals(17, json.get("rows").get(1).get("N").asInt());
        assertTrue(json.get("rows").get(0).get("forward ms").asDouble() > 0);
        assertEquals("cpu", json.get("machine").get("device").asText());
    }

    @Test
    void errorsOfTheAttentionAreListedForEverySizeAndPlace() throws IOException {
        Path file = folder.resolve("accuracy.json");
        String out = shell.run("bench", "accuracy", "--device", "cpu", "--precision", "fp64,fp32", "--model", "small", "--lengths", "11", "--batch", "2",
                "--json", file);
        assertTrue(out.contains("gradient limit") && out.contains("flash-cpu"), out);
        JsonNode rows = new ObjectMapper().readTree(file.toFile()).get("rows");
        assertEquals(24, rows.size());
        for (JsonNode row : rows) {
            double limit = row.get("precision").asText().equals("fp64") ? 1e-10 : 1e-5;
            assertTrue(row.get("error").asDouble() > 0 && row.get("error").asDouble() < limit, row::toString);
            assertEquals(limit, row.get("limit").asDouble());
            assertEquals(2 * limit, row.get("gradient limit").asDouble());
            assertTrue(row.get("gradient error").asDouble() > 0 && row.get("within").asBoolean(), row::toString);
        }
        assertEquals(200, rows.get(23).get("radius Å").asInt());
        assertEquals(1000, rows.get(23).get("offset Å").asInt());
    }

    /** Attention that is a little off. */
    private record Inexact() implements AttentionBackend {
        @Override
        public String name() {
            return "inexact";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return Support.YES;
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            return Ops.scale(tape, new ReferenceBackend().attend(tape, inputs), 1 + 1e-4);
        }
    }

    @Test
    void anErrorBeyondItsLimitFailsTheCommandAfterTheTable() {
        try (TestShell inexact = new TestShell(new Inexact(), new ReferenceBackend())) {
            String message = inexact.fails("bench", "accuracy", "--device", "cpu", "--model", "small", "--lengths", "5", "--batch", "1");
            assertEquals("12 of 12 comparisons are beyond a limit", message.strip());
            assertEquals(12, inexact.out().lines().filter(line -> line.startsWith("inexact") && line.contains("1.0e-04") && line.contains("NO")).count(),
                    inexact.out());
        }
    }

    @Test
    void whatCannotBeTimedIsAnError() {
        assertTrue(shell.fails("bench", "layer", "--device", "cuda:7").contains("there is no device 'cuda:7'; there are cpu"));
        assertTrue(shell.fails("bench", "layer", "--device", "cpu", "--precision", "bf16").contains("cpu computes with fp32 or fp64"));
        shell.misunderstands("bench", "layer", "--batch", "0");
        shell.misunderstands("bench", "everything");
    }
}
