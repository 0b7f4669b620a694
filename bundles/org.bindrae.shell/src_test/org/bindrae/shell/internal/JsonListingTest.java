package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** What commands print with {@code --json}: one document and nothing else. */
class JsonListingTest {
    private static final ObjectMapper STRICT = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @AutoClose
    private final TestShell shell = new TestShell();

    private JsonNode json(Object... words) throws IOException {
        return STRICT.readTree(shell.run(words));
    }

    @Test
    void aTableAloneIsAnArray() throws IOException {
        JsonNode findings = json("doctor", "--json");
        assertTrue(findings.isArray() && findings.size() > 5, findings::toString);
        assertTrue(findings.get(0).has("state") && findings.get(0).has("what"), findings::toString);
        JsonNode commands = json("help", "--json");
        assertTrue(commands.findValuesAsText("command").contains("predict"), commands::toString);
    }

    @Test
    void severalThingsAreAnObject(@TempDir Path folder) throws IOException {
        assertTrue(json("backends", "--json").get("backends").isArray());
        Path structure = TinyComplex.of("ACDEFG").writePdb(folder.resolve("x.pdb"));
        JsonNode inspected = json("inspect", structure, "--json");
        assertEquals(6, inspected.get("chains").get(0).get("residues").asInt(), inspected::toString);
        assertTrue(inspected.get("chains").get(0).get("residues").isInt(), "numbers are numbers");
    }

    @Test
    void aBenchGoesToAFileOrToTheOutput() throws IOException {
        JsonNode bench = json("bench", "layer", "--device", "cpu", "--model", "small", "--lengths", "9", "--batch", "1", "--json");
        assertEquals("layer", bench.get("subject").asText());
        assertTrue(bench.get("rows").get(0).get("forward ms").isDouble(), bench::toString);
    }
}
