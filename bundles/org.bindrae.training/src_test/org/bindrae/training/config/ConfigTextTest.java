package org.bindrae.training.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

class ConfigTextTest {
    private final ConfigFormat format = new ConfigFormat();

    private String edited(String text, String... assignments) throws IOException {
        Map<String, Object> assigned = format.assigned(List.of(assignments));
        String edited = new ConfigText(text).with(assigned, format);
        Map<String, Object> expected = new LinkedHashMap<>(format.said(text, "before"));
        expected.putAll(assigned);
        assertEquals(expected, format.said(edited, "after"), edited);
        return edited;
    }

    @Test
    void aValueIsReplacedWhereItStands() throws IOException {
        assertEquals("{\"training\": {\"epochs\": 7 /* few */, \"seed\": 2}} // end", edited("{\"training\": {\"epochs\": 3 /* few */, \"seed\": 2}} // end",
                "training.epochs=7"));
        assertEquals("{\n  \"attention\": {\n    // was \"x\"\n    \"backend\": \"reference\" // slow\n  },\n}\n",
                edited("{\n  \"attention\": {\n    // was \"x\"\n    \"backend\": \"au\\u0074o\" // slow\n  },\n}\n", "attention.backend=reference"));
    }

    @Test
    void aKeyIsAddedAtTheEndOfItsSectionAndCommentsStayWithTheirs() throws IOException {
        assertEquals("{\n  \"training\": {\n    \"epochs\": 3, // few\n    \"seed\": 4\n  }\n}\n",
                edited("{\n  \"training\": {\n    \"epochs\": 3 // few\n  }\n}\n", "training.seed=4"));
        assertEquals("{\n  \"training\": {\n    \"epochs\": 3, // few, yes\n    \"seed\": 4\n  }\n}\n",
                edited("{\n  \"training\": {\n    \"epochs\": 3, // few, yes\n  }\n}\n", "training.seed=4"));
    }

    @Test
    void sectionsAreAddedWithTheirKeys() throws IOException {
        assertEquals("{\n  \"training\": {\n    \"loss\": {\n      \"clash\": 0.5\n    }\n  }\n}\n", edited("{\n}\n", "training.loss.clash=0.5"));
        edited("{}", "training.loss.clash=0.5", "training.seed=2", "attention.backend=reference");
        edited("{\"training\": {}}", "training.loss.clash=0.5");
        edited("{ /* nothing, yet */ }", "training.seed=2");
        edited("{\"training\": {\"loss\": {\"fape\": 1,},},}", "training.loss.clash=0.5", "training.seed=2");
        edited("// first\n{\"data\": {\"samples\": \"a, b // c\"} // last\n}", "training.seed=2", "data.samples=x");
        edited("{\"training\": { // only a comment\n}}", "training.seed=2");
    }

    @Test
    void everyKeyOfTheCommentedDefaultsCanBeChanged() throws IOException {
        String text = format.commented(WorkbenchConfig.defaults());
        String edited = edited(text, "model.edge.rank=7", "training.loss.torsionClasses.chi4=0.25", "compute.precision=fp64", "model.preNorm=true");
        assertEquals(text.lines().filter(line -> line.strip().startsWith("//")).toList(),
                edited.lines().filter(line -> line.strip().startsWith("//")).toList());
    }
}
