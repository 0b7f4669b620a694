package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.training.Checkpoint;
import org.bindrae.training.EmbeddingOrigin;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.TrainingState;
import org.bindrae.training.models.ModelOrigin;
import org.bindrae.training.models.PretrainedModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** From a run to an installed model that predicts by itself. */
class ModelsTest {
    @TempDir
    private static Path folder;

    private static TinyProject project;
    private static Path run;
    private static Path exported;
    private static Path half;

    private final TestShell shell = new TestShell();

    /** A model whose weights are a file. */
    private record InFile(String name, Path file) implements PretrainedModel {
        @Override
        public String title() {
            return "The model " + name;
        }

        @Override
        public String description() {
            return "for tests";
        }

        @Override
        public String card() {
            return "# " + name + "\n\nA card.\n";
        }

        @Override
        public Stage1Weights weights() throws IOException {
            return Stage1Weights.of(Path.of(name), Files.readAllBytes(file));
        }
    }

    @BeforeAll
    static void trainAndExport() throws IOException {
        try (TestShell trainer = new TestShell()) {
            project = TinyProject.write(folder);
            project.prepare(trainer);
            project.split(trainer);
            run = folder.resolve("run");
            trainer.run(project.train(run));
            exported = folder.resolve("exported.safetensors");
            half = folder.resolve("half.safetensors");
            trainer.run("export", run, "--out", exported);
            trainer.run("export", run, "--out", half, "--half");
        }
    }

    @BeforeEach
    void install() {
        shell.install(new InFile("first", half));
        shell.install(new InFile("second", exported));
    }

    @AfterEach
    void close() {
        shell.close();
    }

    private byte[] predicted(Object... words) throws IOException {
        Path out = folder.resolve("out.pdb");
        Object[] all = new Object[words.length + 5];
        all[0] = "predict";
        all[1] = project.data().resolve("d1.pdb");
        all[2] = "--out";
        all[3] = out;
        all[4] = "--overwrite";
        System.arraycopy(words, 0, all, 5, words.length);
        shell.run(all);
        return Files.readAllBytes(out);
    }

    @Test
    void whatIsExportedPredictsAsItsRunDoes() throws IOException {
        assertArrayEquals(predicted("--checkpoint", run), predicted("--checkpoint", exported));
    }

    @Test
    void halfTheBitsAreHalfTheNumbersBytesAndAlmostTheSameNumbers() throws IOException {
        SafetensorsFile whole = SafetensorsFile.read(exported);
        SafetensorsFile rounded = SafetensorsFile.read(half);
        assertEquals(whole.names(), rounded.names());
        assertEquals(Stage1Weights.read(exported).bytes(), 2 * Stage1Weights.read(half).bytes());
        for (String name : whole.names()) {
            assertEquals(ElementType.F16, rounded.dtype(name));
            double[] expected = whole.doubles(name);
            double[] actual = rounded.doubles(name);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], actual[i], Math.max(Math.abs(expected[i]) * 0x1p-11, 0x1p-25), name);
            }
        }
    }

    @Test
    void theFileSaysWhereItComesFromAndNamesNoFolderOfThisMachine() throws IOException {
        Stage1Weights weights = Stage1Weights.read(half);
        ModelOrigin origin = ModelOrigin.of(half, weights.metadata());
        JsonNode provenance = new ObjectMapper().readTree(RunDirectory.provenanceFile(run).toFile());
        TrainingState best = Checkpoint.read(RunDirectory.weights(run)).state();
        assertEquals(best.step(), origin.steps());
        assertEquals(best.best(), origin.validated());
        assertEquals(4, origin.training().samples());
        assertEquals(provenance.path("training").path("sha256").asText(), origin.training().sha256());
        assertEquals(provenance.path("parameters").asLong(), origin.parameters());
        assertEquals("target", origin.split().method());
        assertEquals(2, origin.split().test());
        assertEquals("repack", origin.task());
        assertEquals("sequence", weights.metadata().get(EmbeddingOrigin.KEY));
        assertTrue(origin.date().matches("20\\d\\d-.*Z"), origin.date());
        assertFalse(weights.metadata().toString().contains(folder.toString()), weights.metadata().toString());
        assertArrayEquals(Files.readAllBytes(half), Files.readAllBytes(again()));
    }

    /** What was exported may be exported once more, without its run. */
    private Path again() {
        Path file = folder.resolve("again.safetensors");
        shell.run("export", exported, "--out", file, "--half", "--overwrite");
        return file;
    }

    @Test
    void anExportReplacesNothingUnlessToldTo() throws IOException {
        Path there = Files.writeString(folder.resolve("there.safetensors"), "mine");
        assertTrue(shell.fails("export", run, "--out", there).contains(there + ": exists; --overwrite replaces it"));
        assertEquals("mine", Files.readString(there));
        shell.run("export", run, "--out", there, "--overwrite");
        assertArrayEquals(Files.readAllBytes(exported), Files.readAllBytes(there));
        assertTrue(shell.fails("export", exported, "--out", exported, "--overwrite").contains("is what is to be exported"));
    }

    @Test
    void aCheckpointAwayFromItsRunIsNotExported() throws IOException {
        Path away = Files.createDirectories(folder.resolve("elsewhere/checkpoints")).resolve("best.safetensors");
        Files.copy(RunDirectory.weights(run), away);
        assertTrue(shell.fails("export", away, "--out", folder.resolve("x.safetensors")).contains(away + ": lies in no run directory"));
        assertFalse(Files.exists(folder.resolve("x.safetensors")));
    }

    @Test
    void theFirstModelPredictsWhereNoneIsNamed() throws IOException {
        byte[] byFirst = predicted();
        assertTrue(shell.out().startsWith("network: first (installed model)"), shell.out());
        assertArrayEquals(predicted("--checkpoint", half), byFirst);
        byte[] bySecond = predicted("--checkpoint", "second");
        assertTrue(shell.out().startsWith("network: second (installed model)"), shell.out());
        assertArrayEquals(predicted("--checkpoint", exported), bySecond);
    }

    @Test
    void settingsOfEmbeddingsForOtherNetworksDoNotMatterToAModelOfTheSequence() throws IOException {
        assertArrayEquals(predicted(), predicted("--set", "embedding.source=precomputed", "--set", "embedding.folder=" + folder));
    }

    @Test
    void theFirstModelIsEvaluatedWhereNothingIsNamed() throws IOException {
        Path report = folder.resolve("report");
        shell.run("evaluate", project.samples(), "--split", project.split(), "--out", report);
        assertTrue(Files.readString(report.resolve("report.json")).contains("first (installed model)"));
    }

    @Test
    void whatIsNeitherThereNorInstalledIsNamedWithWhatIs() {
        String message = shell.fails("predict", project.data().resolve("d1.pdb"), "--checkpoint", "frist", "--out", folder.resolve("no.pdb"));
        assertTrue(message.contains("frist: no such file, folder or installed model (installed: first, second)"), message);
        assertTrue(shell.fails("models", "frist").contains("installed: first, second"));
    }

    @Test
    void withoutAnyModelTheOptionIsAskedFor() {
        try (TestShell bare = new TestShell()) {
            assertTrue(bare.misunderstands("predict", project.data().resolve("d1.pdb"), "--out", folder.resolve("no.pdb")).contains("--checkpoint"));
            assertTrue(bare.misunderstands("evaluate", project.samples(), "--split", project.split(), "--out", folder.resolve("no")).contains("--checkpoint"));
            assertTrue(bare.run("models").contains("no model is installed"));
        }
    }

    @Test
    void severalInputsNeedAFolder() {
        assertTrue(shell.misunderstands("predict", project.manifest()).contains("--out"));
    }

    @Test
    void modelsAreListedAndShowTheirCards() throws IOException {
        JsonNode listed = new ObjectMapper().readTree(shell.run("models", "--json"));
        assertEquals("first", listed.get(0).path("model").asText());
        assertEquals("second", listed.get(1).path("model").asText());
        assertEquals(ModelOrigin.of(half, Stage1Weights.read(half).metadata()).parameters(), listed.get(0).path("parameters").asLong());
        assertEquals("# second\n\nA card.", shell.run("models", "second").strip());
        JsonNode shown = new ObjectMapper().readTree(shell.run("models", "first", "--json"));
        assertTrue(shown.path("card").asText().contains("A card.") && shown.path("metadata").has(ModelOrigin.KEY), shown.toString());
    }
}
