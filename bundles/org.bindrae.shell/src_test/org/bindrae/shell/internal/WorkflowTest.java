package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.Vec3;
import org.bindrae.shell.CommandFailure;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.jobs.JobState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** From structures to a trained network and its predictions, by commands alone. */
@TestInstance(Lifecycle.PER_CLASS)
class WorkflowTest {
    private final TestShell shell = new TestShell();
    private TinyProject project;
    private Path folder;
    private Path run;

    @BeforeAll
    void prepareSplitAndTrain(@TempDir Path temporary) throws IOException {
        folder = temporary;
        project = TinyProject.write(temporary);
        run = folder.resolve("run");
        project.prepare(shell);
        project.split(shell);
        String trained = shell.run(project.train(run));
        assertTrue(trained.contains("attention by flash-cpu"), trained);
        assertTrue(trained.contains("step 4 of 4: finished"), trained);
        assertTrue(trained.contains("validation loss") && trained.contains("best validation"), trained);
        assertTrue(shell.err().contains("train "), shell.err());
    }

    @AfterAll
    void close() {
        shell.close();
    }

    @Test
    void preparingAgainWritesNothing() throws IOException {
        FileTime past = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));
        for (Path file : samples()) {
            Files.setLastModifiedTime(file, past);
        }
        String out = shell.run("prepare", project.data(), "--out", project.samples());
        assertTrue(out.contains("8"), out);
        assertEquals(8, samples().size());
        for (Path file : samples()) {
            assertEquals(past, Files.getLastModifiedTime(file), file.toString());
        }
        assertTrue(Files.exists(project.samples().resolve("report.json")) && Files.exists(project.samples().resolve("report.tsv")));
    }

    private List<Path> samples() throws IOException {
        try (Stream<Path> files = Files.list(project.samples())) {
            return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
        }
    }

    @Test
    void preparedSamplesAreTheStructures() throws IOException {
        SampleCache cache = new SampleCache(project.samples());
        for (Map.Entry<String, String> entry : TinyProject.SEQUENCES.entrySet()) {
            assertEquals(entry.getValue(), cache.read(entry.getKey()).residues().sequence());
            assertEquals(7, cache.read(entry.getKey()).ligand().atoms().size());
        }
        String shown = shell.run("inspect", project.samples().resolve("a1.safetensors"));
        assertTrue(shown.lines().anyMatch(line -> line.matches("heavy atoms +7")), shown);
        String ofStructure = shell.run("inspect", project.data().resolve("a1.pdb"));
        assertTrue(ofStructure.contains("A:IPH:101") && ofStructure.endsWith(shown.substring(shown.indexOf("ligand IPH"))), ofStructure);
    }

    @Test
    void splitsKeepWhatBelongsTogetherInOnePart() throws IOException {
        Split byTarget = Split.read(project.split());
        assertEquals(List.of(4, 2, 2), List.of(byTarget.train().size(), byTarget.validation().size(), byTarget.test().size()));
        assertTogether(byTarget);
        Path file = folder.resolve("identity.json");
        String out = shell.run("split", project.samples(), "--out", file, "--identity", 0.5, "--fractions", "0.5,0.25,0.25", "--seed", 7);
        assertTrue(out.lines().anyMatch(line -> line.matches("train +4 +2")), out);
        assertTogether(Split.read(file));
        assertEquals(7, Split.read(file).seed());
        assertEquals(TinyProject.SEQUENCES.size(), Split.read(file).ids().size());
    }

    @Test
    void familiesOfTwoTablesAreKeptTogether() throws IOException {
        Path entries = Files.writeString(folder.resolve("entries.tsv"), "id\tfamily_shared\na1\tF1\nb1\tF2\nc1\tF3\nd1\tF4\n");
        Path chains = Files.writeString(folder.resolve("chains.tsv"), "id\tfamily\na2\tF1\nb2\tF2\nc2\tF3\nd2\tF4\n");
        Path file = folder.resolve("families.json");
        shell.run("split", project.samples(), "--out", file, "--by", "family", "--table", entries, "--column", "family_shared", "--table", chains, "--column",
                "family", "--fractions", "0.5,0.25,0.25", "--fractions-of", "groups");
        Split split = Split.read(file);
        assertEquals(List.of(4, 2, 2), List.of(split.train().size(), split.validation().size(), split.test().size()));
        assertTogether(split);
        assertEquals("groups", split.parameters().get("fractionsOf"));
        String uneven = shell.misunderstands("split", project.samples(), "--out", file, "--by", "family", "--table", entries, "--column", "family_shared",
                "--column", "family");
        assertTrue(uneven.contains("2 times --column for 1 times --table"), uneven);
        String missing = shell.fails("split", project.samples(), "--out", file, "--by", "family", "--table", entries, "--column", "family_shared");
        assertTrue(missing.contains(entries + ": no family_shared for 4 samples: a2 b2 c2 d2"), missing);
    }

    private static void assertTogether(Split split) {
        Map<Character, String> parts = new TreeMap<>();
        Map.of("train", split.train(), "validation", split.validation(), "test", split.test()).forEach((part, ids) -> {
            for (String id : ids) {
                assertEquals(part, parts.computeIfAbsent(id.charAt(0), _ -> part), id);
            }
        });
    }

    @Test
    void aRunExplainsItself() throws IOException {
        for (Path file : List.of(RunDirectory.configFile(run), RunDirectory.splitFile(run), RunDirectory.metricsFile(run), RunDirectory.historyFile(run),
                RunDirectory.provenanceFile(run), RunDirectory.weights(run))) {
            assertTrue(Files.size(file) > 0, file.toString());
        }
        String config = shell.run("config", "--config", RunDirectory.configFile(run));
        assertTrue(config.contains("\"cS\" : 16"), config);
    }

    @Test
    void anInterruptedRunGoesOnAsIfItHadNeverStopped() throws IOException {
        Path other = folder.resolve("interrupted");
        Path before = Files.createDirectories(folder.resolve("samples-before"));
        for (Path sample : samples()) {
            Files.copy(sample, before.resolve(sample.getFileName()));
        }
        Object[] train = project.train(other);
        train[1] = before;
        CommandFailure failure = assertThrows(CommandFailure.class, () -> shell.run(interruptingAt("validation loss"), train));
        assertFalse(Thread.interrupted(), "the interruption is used up");
        String out = shell.out();
        assertTrue(out.contains("step 2 of 4: stopped; go on with: resume " + other), out);
        assertEquals("training was stopped at step 2; go on with: resume " + other, failure.getMessage());
        assertEquals(130, failure.exitCode());
        assertTrue(shell.err().contains("ends after this step with a checkpoint; once more ends it at once"), shell.err());
        Path after = Files.move(before, folder.resolve("samples-after"));
        assertTrue(shell.fails("resume", other).contains(before.toString()));
        String resumed = shell.run("resume", other, "--samples", after);
        assertTrue(resumed.contains("step 4 of 4: finished"), resumed);
        assertSameArrays(RunDirectory.latestCheckpoint(run).orElseThrow(), RunDirectory.latestCheckpoint(other).orElseThrow());
    }

    /** The shell's console, which interrupts the command when this is printed and waits until that has asked its job to stop. */
    private PrintStream interruptingAt(String text) {
        Thread command = Thread.currentThread();
        return new PrintStream(new FilterOutputStream(shell.console()) {
            private boolean done;

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
                if (!done && new String(bytes, offset, length, StandardCharsets.UTF_8).contains(text)) {
                    done = true;
                    command.interrupt();
                    JobState state = JobState.RUNNING;
                    while (state == JobState.RUNNING) {
                        state = shell.jobs().list().getLast().status().state();
                        Thread.onSpinWait();
                    }
                }
            }
        }, true, StandardCharsets.UTF_8);
    }

    private static void assertSameArrays(Path expected, Path actual) throws IOException {
        SafetensorsFile first = SafetensorsFile.read(expected);
        SafetensorsFile second = SafetensorsFile.read(actual);
        assertEquals(first.names(), second.names());
        for (String name : first.names()) {
            assertArrayEquals(first.doubles(name), second.doubles(name), name);
        }
    }

    @Test
    void aPackTakesThePlaceOfTheFolder() throws IOException {
        Path pack = folder.resolve("all.pack");
        String out = shell.run("prepare", project.data(), "--out", project.samples(), "--pack", pack);
        assertTrue(out.contains("8 samples packed into " + pack), out);
        String shown = shell.run("inspect", pack);
        assertTrue(shown.lines().anyMatch(line -> line.matches("samples +8")) && shown.lines().anyMatch(line -> line.matches("residues +116")), shown);
        Path split = folder.resolve("pack-split.json");
        shell.run("split", pack, "--out", split, "--by", "target", "--table", project.manifest(), "--fractions", "0.5,0.25,0.25");
        assertEquals(Split.read(project.split()), Split.read(split));
        shell.run("split", pack, "--out", folder.resolve("pack-identity.json"), "--identity", 0.5);
        assertTogether(Split.read(folder.resolve("pack-identity.json")));
        Path packed = folder.resolve("packed");
        Object[] train = project.train(packed);
        train[1] = pack;
        assertTrue(shell.run(train).contains("step 4 of 4: finished"));
        assertTrue(Files.readString(RunDirectory.configFile(packed)).contains(pack.toString()));
        Path moved = Files.move(pack, folder.resolve("moved.pack"));
        assertTrue(shell.fails("resume", packed).contains(pack + ": no such folder or file"));
        assertTrue(shell.run("resume", packed, "--samples", moved).contains("step 4 of 4: finished"));
        Path report = folder.resolve("pack-report");
        shell.run("evaluate", moved, "--split", split, "--checkpoint", packed, "--out", report);
        assertTrue(Files.size(report.resolve("report.html")) > 0);
    }

    /** Their positions are rounded, so that the run would not be the same. */
    @Test
    void aRunBegunWithAFolderDoesNotGoOnWithAPack() {
        Path pack = folder.resolve("later.pack");
        shell.run("prepare", project.data(), "--out", project.samples(), "--pack", pack);
        String message = shell.fails("resume", run, "--samples", pack);
        assertTrue(message.contains("the samples or the split have changed since this checkpoint"), message);
    }

    @Test
    void singleChainsWithoutALigandStandBesideComplexes() throws IOException {
        Path chains = Files.createDirectories(folder.resolve("chains"));
        for (String id : List.of("a1", "b1")) {
            Files.copy(project.data().resolve(id + ".pdb"), chains.resolve(id + "_A.pdb"));
        }
        Path both = folder.resolve("both");
        shell.run("prepare", project.data(), "--out", both);
        String out = shell.run("prepare", chains, "--no-ligand", "--out", both, "--pack", folder.resolve("both.pack"));
        assertTrue(out.contains("2 complexes of chains: 2 prepared, 0 in the cache already, 0 refused; 2 without a ligand"), out);
        assertTrue(out.contains("10 samples packed"), out);
        SampleCache cache = new SampleCache(both);
        assertEquals(10, cache.ids().size());
        assertEquals(0, cache.read("a1_A").ligand().atoms().size());
        assertArrayEquals(HeteroAtoms.of(cache.read("a1").ligand()).elements(), cache.read("a1_A").surroundings().elements());
        assertEquals(0, cache.read("a1").surroundings().size());
    }

    @Test
    void aFinishedRunResumesToItsEnd() {
        assertTrue(shell.run("resume", run).contains("step 4 of 4: finished"));
    }

    @Test
    void evaluationWritesItsReportBesideTheBaseline() throws IOException {
        Path report = folder.resolve("report");
        String out = shell.run("evaluate", project.samples(), "--split", project.split(), "--checkpoint", run, "--out", report);
        assertTrue(out.contains("network") && out.contains("rotamer baseline") && out.contains("rotamer packing"), out);
        assertTrue(out.contains(report.resolve("report.html").toString()), out);
        for (String name : List.of("report.html", "report.json", "summary.csv", "residues.csv")) {
            assertTrue(Files.size(report.resolve(name)) > 0, name);
        }
        assertTrue(Files.exists(RunDirectory.reportFile(run)));
        String html = Files.readString(report.resolve("report.html"));
        for (String id : Split.read(project.split()).test()) {
            assertTrue(html.contains(id), id);
        }
    }

    @Test
    void structuresOfAnotherProgramAreEvaluated() throws IOException {
        Path predictions = Files.createDirectories(folder.resolve("predictions"));
        Split split = Split.read(project.split());
        for (String id : split.validation()) {
            Files.copy(project.data().resolve(id + ".pdb"), predictions.resolve(id + ".pdb"));
        }
        Path report = folder.resolve("other-report");
        shell.run("evaluate", project.samples(), "--split", project.split(), "--part", "validation", "--predictions", predictions, "--name", "the truth",
                "--out", report);
        assertTrue(Files.readString(report.resolve("report.json")).contains("the truth"));
        List<String> summary = Files.readAllLines(report.resolve("summary.csv"));
        String chi1 = summary.stream().filter(line -> line.startsWith("the truth,all,all,chi1_20,")).findFirst().orElseThrow();
        assertTrue(chi1.startsWith("the truth,all,all,chi1_20,fraction,1.0000,"), chi1);
    }

    @Test
    void aPredictionHasTheSameResiduesOnTheSameBackbone() throws IOException {
        for (String ending : List.of("pdb", "cif")) {
            Path input = project.data().resolve("d1.pdb");
            Path output = folder.resolve("d1-predicted." + ending);
            String out = shell.run("predict", input, "--checkpoint", run, "--out", output);
            assertTrue(out.contains(output.toString()), out);
            ResidueTable given = StructureReader.read(input).residues();
            ResidueTable predicted = StructureReader.read(output).residues();
            assertEquals(given.ids(), predicted.ids());
            assertEquals(given.names(), predicted.names());
            assertArrayEquals(given.present(), predicted.present());
            double moved = 0;
            for (int i = 0; i < given.atom14().length; i++) {
                if (i / 3 % ResidueConstants.SLOTS <= ResidueConstants.O) {
                    assertEquals(given.atom14()[i], predicted.atom14()[i], "backbone coordinate " + i);
                }
                moved = Math.max(moved, Math.abs(given.atom14()[i] - predicted.atom14()[i]));
            }
            assertTrue(moved > 0.5, "an untrained network would hardly find the side chains: " + moved);
            assertEquals(1, StructureReader.read(output).heteroGroups().size());
        }
    }

    @Test
    void predictionsMoveWithTheirInput() throws IOException {
        TinyComplex complex = TinyComplex.of(TinyProject.SEQUENCES.get("d1"));
        RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(1.1, -0.7, 2.0), new Vec3(500, -300, 400));
        ResidueTable here = predicted(Files.writeString(folder.resolve("here.cif"), complex.cif()));
        ResidueTable there = predicted(Files.writeString(folder.resolve("there.cif"), complex.moved(motion).cif()));
        assertEquals(here.ids(), there.ids());
        for (int atom = 0; atom < here.present().length; atom++) {
            if (here.present()[atom]) {
                Vec3 back = motion.toLocal(Vec3.at(there.atom14(), atom));
                assertTrue(Vec3.at(here.atom14(), atom).distance(back) < 2e-3, "atom " + atom + ": " + Vec3.at(here.atom14(), atom) + " and " + back);
            }
        }
        Torsions first = torsions(here);
        Torsions second = torsions(there);
        assertArrayEquals(first.mask(), second.mask());
        for (int i = 0; i < first.sinCos().length; i++) {
            if (first.mask()[i / 2]) {
                assertEquals(first.sinCos()[i], second.sinCos()[i], 4e-3, "torsion " + i / 2);
            }
        }
    }

    private ResidueTable predicted(Path input) throws IOException {
        Path output = folder.resolve("predicted-" + input.getFileName());
        shell.run("predict", input, "--ligand", "A:IPH:101", "--checkpoint", run, "--out", output);
        return StructureReader.read(output).residues();
    }

    private static Torsions torsions(ResidueTable table) {
        return Torsions.of(table.types(), table.atom14(), table.present(), table.breakBefore());
    }

    @Test
    void severalInputsGoToAFolderAndABadOneCostsItselfOnly() throws IOException {
        Path out = folder.resolve("many");
        Path bad = Files.writeString(folder.resolve("bad.pdb"), "nonsense\n");
        Path absent = folder.resolve("absent.pdb");
        String message = shell.fails("predict", project.data().resolve("a1.pdb"), bad, absent, project.data().resolve("b1.pdb"), "--checkpoint", run,
                "--out", out, "--format", "pdb");
        assertTrue(message.startsWith("2 of 4 inputs"), message);
        assertTrue(shell.out().contains("not predicted: " + "bad: " + bad) && shell.out().contains("not predicted: " + absent), shell.out());
        assertTrue(Files.exists(out.resolve("a1.pdb")) && Files.exists(out.resolve("b1.pdb")));
        assertFalse(Files.exists(out.resolve("bad.pdb")));
    }

    @Test
    void aManifestSaysTheLigandsOfItsComplexes() {
        Path out = folder.resolve("of-manifest");
        shell.run("predict", project.manifest(), "--checkpoint", run.resolve("checkpoints").resolve("best.safetensors"), "--out", out);
        TinyProject.SEQUENCES.keySet().forEach(id -> assertTrue(Files.exists(out.resolve(id + ".cif")), id));
    }
}
