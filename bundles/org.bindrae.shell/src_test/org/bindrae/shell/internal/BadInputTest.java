package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import org.bindrae.data.Split;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What cannot be used costs itself only and is named in one line. */
class BadInputTest {
    private static final TinyComplex COMPLEX = TinyComplex.of("MKLVAEDFWKSIRT");

    @AutoClose
    private final TestShell shell = new TestShell();
    @TempDir
    private Path folder;
    private Path good;
    private Path weights;

    @BeforeEach
    void writeWhatIsGood() throws IOException {
        good = COMPLEX.writePdb(folder.resolve("good.pdb"));
        weights = TinyProject.writeWeights(folder.resolve("weights.safetensors"), shell.device());
    }

    /** A file that is no structure of a complex, and what must be said about it. */
    enum BadStructure {
        MISSING("x.pdb", null, ""),
        EMPTY("x.pdb", "", "empty"),
        BLANK("x.pdb", "\n\n", ""),
        TEXT("x.pdb", "Dear reader,\nthis is a letter.\n", ""),
        WITHOUT_PROTEIN("x.pdb", COMPLEX.ligandPdb(), "protein"),
        NOT_A_NUMBER("x.pdb", overwritten(COMPLEX.pdb(), 3, 30, "     NaN"), "line 3"),
        INFINITE("x.pdb", overwritten(COMPLEX.pdb(), 4, 38, "     Inf"), "line 4"),
        LETTERS("x.pdb", overwritten(COMPLEX.pdb(), 5, 46, "  1.2x34"), "line 5"),
        CUT_LINE("x.pdb", COMPLEX.pdb().substring(0, COMPLEX.pdb().indexOf('\n') + 40), "line 2"),
        DUPLICATE_ATOM("x.pdb", COMPLEX.pdb().lines().toList().get(1) + "\n" + COMPLEX.pdb(), "second time"),
        CIF_NOT_A_NUMBER("x.cif", COMPLEX.cif().replaceFirst("-?\\d+\\.\\d{7}", "NaN"), ""),
        CIF_CUT("x.cif", COMPLEX.cif().substring(0, COMPLEX.cif().length() - 60), ""),
        CIF_WITHOUT_ATOMS("x.cif", "data_x\n_entry.id x\n", "atom_site"),
        CIF_EMPTY("x.cif", "", "empty");

        private final String name;
        private final String text;
        private final String said;

        BadStructure(String name, String text, String said) {
            this.name = name;
            this.text = text;
            this.said = said;
        }

        /** Replaces columns of a line, counted from 1, by others. */
        private static String overwritten(String text, int line, int column, String other) {
            List<String> lines = text.lines().toList();
            String changed = lines.get(line - 1).substring(0, column) + other + lines.get(line - 1).substring(column + other.length());
            return String.join("\n", lines.subList(0, line - 1)) + "\n" + changed + "\n" + String.join("\n", lines.subList(line, lines.size())) + "\n";
        }

        Path write(Path folder) throws IOException {
            Path file = folder.resolve(name);
            if (text != null) {
                Files.writeString(file, text);
            }
            return file;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBadStructureIsNamedByEveryCommand(BadStructure bad) throws IOException {
        Path file = bad.write(folder);
        assertNamed(file, bad.said, shell.fails("inspect", file));
        Path samples = folder.resolve("samples");
        assertNamed(file, bad.said, shell.fails("prepare", file, "--out", samples, "--threads", 1) + "\n" + shell.out());
        Path output = folder.resolve("out.pdb");
        assertNamed(file, bad.said, shell.fails("predict", file, "--checkpoint", weights, "--out", output) + "\n" + shell.out());
        assertFalse(Files.exists(output));
        assertFalse(Files.exists(samples.resolve("x.safetensors")));
    }

    private static void assertNamed(Path file, String said, String message) {
        assertTrue(message.contains(file.toString()) && message.contains(said), message);
    }

    @Test
    void aTruncatedArchiveIsNamed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(COMPLEX.pdb().getBytes(StandardCharsets.US_ASCII));
        }
        Path file = folder.resolve("whole.pdb.gz");
        Files.write(file, bytes.toByteArray());
        shell.run("inspect", file);
        Path half = folder.resolve("half.pdb.gz");
        for (int length : new int[] {0, 1, 9, bytes.size() / 2, bytes.size() - 1}) {
            Files.write(half, Arrays.copyOf(bytes.toByteArray(), length));
            assertNamed(half, "", shell.fails("inspect", half));
            assertNamed(half, "", shell.fails("predict", half, "--checkpoint", weights, "--out", folder.resolve("out.pdb")) + "\n" + shell.out());
        }
        Files.writeString(half, "no archive");
        assertNamed(half, "", shell.fails("inspect", half));
    }

    @Test
    void aLigandThatIsNotThereComesWithThoseThatAre() {
        for (String ligand : List.of("A:ATP:1", "ATP", "B:IPH:101", "A:IPH:102")) {
            String message = shell.fails("inspect", good, "--ligand", ligand);
            assertTrue(message.startsWith(good + ": no ligand '" + ligand + "'; it has A:IPH:101"), message);
            shell.fails("predict", good, "--ligand", ligand, "--checkpoint", weights, "--out", folder.resolve("out.pdb"));
            assertTrue(shell.out().contains("it has A:IPH:101"), shell.out());
        }
    }

    @Test
    void aBadLigandFileIsNamed() throws IOException {
        Path sdf = folder.resolve("ligand.sdf");
        for (String text : List.of("ligand\n  test\n\n  0  0  0  0  0  0            999 V2000\nM  END\n$$$$\n", "", "ligand\n", "no ligand\n\n\nat all\n")) {
            Files.writeString(sdf, text);
            assertNamed(sdf, "", shell.fails("inspect", good, "--ligand", sdf));
            shell.fails("predict", good, "--ligand", sdf, "--checkpoint", weights, "--out", folder.resolve("out.pdb"));
            assertNamed(sdf, "", shell.out());
        }
        Files.delete(sdf);
        assertNamed(sdf, "no such", shell.fails("inspect", good, "--ligand", sdf));
    }

    @Test
    void aLigandFarFromTheProteinIsRefused() throws IOException {
        Path sdf = folder.resolve("far.sdf");
        Files.writeString(sdf, "far\n  test\n\n  1  0  0  0  0  0            999 V2000\n  900.0000    0.0000    0.0000 C   0  0\nM  END\n$$$$\n");
        assertTrue(shell.fails("inspect", good, "--ligand", sdf).contains("does not touch the protein"));
    }

    @Test
    void aWeightsFileThatCannotBeUsedIsNamed() throws IOException {
        Path output = folder.resolve("out.pdb");
        Path file = folder.resolve("bad.safetensors");
        assertNamed(file, "no such", shell.fails("predict", good, "--checkpoint", file, "--out", output));
        byte[] whole = Files.readAllBytes(weights);
        for (int length : new int[] {0, 5, 100, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertNamed(file, "", shell.fails("predict", good, "--checkpoint", file, "--out", output));
            assertNamed(file, "", shell.fails("inspect", file));
        }
        Files.write(file, "this is no weights file".getBytes(StandardCharsets.US_ASCII));
        assertNamed(file, "", shell.fails("predict", good, "--checkpoint", file, "--out", output));
        new SafetensorsWriter().add("x", StoredArray.of(Shape.of(1), 1.0)).write(file);
        assertNamed(file, "Stage-1", shell.fails("predict", good, "--checkpoint", file, "--out", output));
        assertNamed(good, "", shell.fails("predict", good, "--checkpoint", good, "--out", output));
        assertFalse(Files.exists(output));
    }

    @Test
    void weightsOfAnotherArchitectureAreRefused() throws IOException {
        SafetensorsFile read = SafetensorsFile.read(weights);
        Path file = folder.resolve("other.safetensors");
        String own = Stage1Weights.json(Stage1Weights.read(weights).config());
        for (String json : List.of(own.replace("\"depth\":1", "\"depth\":2"), own.replace("\"cS\":16", "\"cS\":32"),
                own.replace("flash_1d_bias", "flash_no_bias"), own.replace("flash_1d_bias", "flash_9d_bias"), "{\"depth\":1}", "nonsense")) {
            SafetensorsWriter writer = new SafetensorsWriter().metadata(read.metadata()).metadata(Stage1Weights.CONFIG, json);
            for (String name : read.names()) {
                writer.add(name, read.array(name));
            }
            writer.write(file);
            String message = shell.fails("predict", good, "--checkpoint", file, "--out", folder.resolve("out.pdb"));
            assertNamed(json.contains("flash_9d") ? Path.of("flash_9d_bias") : file, "", message);
        }
    }

    @Test
    void weightsThatAreNotNumbersPredictNothing() throws IOException {
        SafetensorsFile read = SafetensorsFile.read(weights);
        SafetensorsWriter writer = new SafetensorsWriter().metadata(read.metadata());
        for (String name : read.names()) {
            double[] values = read.doubles(name);
            Arrays.fill(values, Double.NaN);
            writer.add(name, StoredArray.of(read.dtype(name), read.shape(name), values));
        }
        Path file = folder.resolve("nan.safetensors");
        writer.write(file);
        shell.fails("predict", good, "--checkpoint", file, "--out", folder.resolve("out.pdb"));
        assertTrue(shell.out().contains("good") && shell.out().contains("not finite"), shell.out());
        assertFalse(Files.exists(folder.resolve("out.pdb")));
    }

    @Test
    void aFolderThatIsNoRunIsNamed() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        assertNamed(run, "not the folder of a training run", shell.fails("resume", run));
        assertNamed(run, "not the folder of a training run", shell.fails("predict", good, "--checkpoint", run, "--out", folder.resolve("out.pdb")));
        assertNamed(folder.resolve("absent"), "", shell.fails("resume", folder.resolve("absent")));
    }

    @Test
    void nothingIsReplacedUnasked() throws IOException {
        Path output = Files.writeString(folder.resolve("out.pdb"), "precious");
        shell.fails("predict", good, "--checkpoint", weights, "--out", output);
        assertNamed(output, "exists already", shell.out());
        assertEquals("precious", Files.readString(output));
        shell.run("predict", good, "--checkpoint", weights, "--out", output, "--overwrite");
        assertTrue(Files.readString(output).contains("ATOM"));
        shell.fails("predict", good, "--checkpoint", weights, "--out", good, "--overwrite");
        assertNamed(good, "own input", shell.out());
        assertEquals(COMPLEX.pdb(), Files.readString(good));
    }

    @Test
    void severalStructuresDoNotGoToOneFile() throws IOException {
        Path other = COMPLEX.writePdb(Files.createDirectories(folder.resolve("b")).resolve("good.pdb"));
        assertTrue(shell.misunderstands("predict", good, other, "--checkpoint", weights, "--out", folder.resolve("out.pdb")).contains("folder"));
        assertTrue(shell.fails("predict", good, other, "--checkpoint", weights, "--out", folder.resolve("out")).contains("one by one"));
    }

    @Test
    void aBadComplexIsRefusedAndTheOthersArePrepared() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        Files.writeString(project.data().resolve("b1.pdb"), COMPLEX.ligandPdb());
        String message = shell.fails("prepare", project.data(), "--out", project.samples());
        assertEquals("1 of 8 complexes were refused, see above", message);
        assertNamed(project.data().resolve("b1.pdb"), "protein", shell.out());
        assertFalse(Files.exists(project.samples().resolve("b1.safetensors")));
        assertTrue(Files.exists(project.samples().resolve("b2.safetensors")));
        assertTrue(Files.readString(project.samples().resolve("report.tsv")).contains("b1"));
    }

    @Test
    void aManifestIsNamedWithTheLine() throws IOException {
        Path manifest = Files.createDirectories(folder.resolve("m")).resolve("manifest.tsv");
        COMPLEX.writePdb(manifest.resolveSibling("in.pdb"));
        for (Map.Entry<String, String> row : Map.of("x\t../good.pdb\tauto", "outside the folder", "x\t" + good + "\tauto", "outside the folder",
                "x\tabsent.pdb\tauto", "does not exist", "x\tin.pdb\t../far.sdf", "outside the folder", "../x\tin.pdb\tauto", "",
                "x\tin.pdb\tauto\nX\tin.pdb\tauto", "used in line 2").entrySet()) {
            Files.writeString(manifest, "id\tstructure\tligand\n" + row.getKey() + "\n");
            String message = shell.fails("prepare", manifest, "--out", folder.resolve("samples"));
            assertNamed(manifest, row.getValue(), message);
            assertTrue(message.contains("line "), message);
        }
        for (String text : List.of("", "id\tstructure\n", "name\tfile\na\tb\n")) {
            Files.writeString(manifest, text);
            assertNamed(manifest, "", shell.fails("prepare", manifest, "--out", folder.resolve("samples")));
        }
        assertNamed(folder.resolve("absent"), "no such", shell.fails("prepare", folder.resolve("absent"), "--out", folder.resolve("samples")));
    }

    @Test
    void samplesThatAreNotThereAreNamed() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        Path run = folder.resolve("run");
        assertNamed(project.samples(), "no such folder or file", shell.fails("split", project.samples(), "--out", project.split()));
        Files.createDirectories(project.samples());
        assertNamed(project.samples(), "no prepared samples", shell.fails("split", project.samples(), "--out", project.split()));
        project.prepare(shell);
        assertNamed(project.split(), "no such split", shell.fails(project.train(run)));
        new Split("test", 1, Map.of(), List.of("a1", "zz"), List.of("b1"), List.of("c1", "yy")).write(project.split());
        assertNamed(Path.of("zz"), "", shell.fails(project.train(run)));
        assertFalse(Files.exists(run));
        new Split("test", 1, Map.of(), List.of("a1"), List.of("zz"), List.of("c1", "yy")).write(project.split());
        assertNamed(Path.of("zz"), "", shell.fails(project.train(run)));
        assertFalse(Files.exists(run), "a run that cannot start leaves no folder");
        String message = shell.fails("evaluate", project.samples(), "--split", project.split(), "--checkpoint", weights, "--out", folder.resolve("report"));
        assertTrue((message + shell.out()).contains("yy"), message + "\n" + shell.out());
        new Split("test", 1, Map.of(), List.of("a1"), List.of("b1"), List.of()).write(project.split());
        message = shell.fails("evaluate", project.samples(), "--split", project.split(), "--checkpoint", weights, "--out", folder.resolve("report"));
        assertNamed(project.split(), "part test is empty", message);
        new Split("test", 1, Map.of(), List.of(), List.of("b1"), List.of("c1")).write(project.split());
        message = shell.fails("evaluate", project.samples(), "--split", project.split(), "--checkpoint", weights, "--out", folder.resolve("report"));
        assertNamed(project.split(), "part train is empty", message);
        assertNamed(Path.of("no training samples"), "", shell.fails(project.train(run)));
        assertFalse(Files.exists(run), "a run that cannot start leaves no folder");
        Files.writeString(project.split(), "{\"method\": 1");
        assertNamed(project.split(), "not a split", shell.fails(project.train(run)));
    }

    @Test
    void aDamagedPackIsNamedWithItsSample() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        Path pack = folder.resolve("all.pack");
        Path absent = folder.resolve("absent").resolve("all.pack");
        assertNamed(absent, "its folder does not exist", shell.fails("prepare", project.data(), "--out", project.samples(), "--pack", absent));
        assertFalse(Files.exists(project.samples()), "nothing is prepared in vain");
        shell.run("prepare", project.data(), "--out", project.samples(), "--pack", pack);
        project.split(shell);
        byte[] good = Files.readAllBytes(pack);
        byte[] bad = good.clone();
        bad[20] ^= 1;
        Files.write(pack, bad);
        assertNamed(pack, "the sample a1 is damaged", shell.fails("split", pack, "--out", folder.resolve("other.json")));
        Files.write(pack, Arrays.copyOf(good, good.length - 1));
        Path run = folder.resolve("run");
        Object[] train = project.train(run);
        train[1] = pack;
        assertNamed(pack, "damaged", shell.fails(train));
        assertFalse(Files.exists(run), "a run that cannot start leaves no folder");
        Files.writeString(pack, "no pack");
        String message = shell.fails("evaluate", pack, "--split", project.split(), "--checkpoint", weights, "--out", folder.resolve("report"));
        assertNamed(pack, "not a folder or packed file of prepared samples", message);
    }

    @Test
    void aDamagedSampleIsNamed() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        project.prepare(shell);
        project.split(shell);
        Path sample = project.samples().resolve("a1.safetensors");
        byte[] whole = Files.readAllBytes(sample);
        Files.write(sample, Arrays.copyOf(whole, whole.length - 8));
        assertNamed(sample, "", shell.fails("inspect", sample));
        assertNamed(sample, "", shell.fails("split", project.samples(), "--out", folder.resolve("s.json")));
        new Split("test", 1, Map.of(), List.of("a1", "a2"), List.of("b1"), List.of("c1")).write(project.split());
        assertNamed(sample, "", shell.fails(project.train(folder.resolve("run"))));
        whole[whole.length - 1] ^= 1;
        Files.write(sample, whole);
        assertNamed(sample, "checksum", shell.fails("inspect", sample));
        assertTrue(shell.run("prepare", project.data(), "--out", project.samples()).startsWith("8 complexes"));
        shell.run("inspect", sample);
    }

    @Test
    void aRunNeedsAnEmptyFolder() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        project.prepare(shell);
        project.split(shell);
        Path run = Files.createDirectories(folder.resolve("run"));
        Path thesis = Files.writeString(run.resolve("thesis.tex"), "precious");
        String message = shell.fails(project.train(run));
        assertNamed(run, "not empty, it holds thesis.tex", message);
        assertEquals("precious", Files.readString(thesis));
        assertArrayEquals(new String[] {"thesis.tex"}, run.toFile().list());
    }

    @Test
    void theDemoReplacesNothingButAnEarlierDemo() throws IOException {
        Path own = Files.createDirectories(folder.resolve("own"));
        Path thesis = Files.writeString(own.resolve("thesis.tex"), "precious");
        assertNamed(own, "not an earlier demo", shell.fails("demo", "--out", own));
        assertEquals("precious", Files.readString(thesis));
    }

    @Test
    void embeddingsOfTheWrongLengthAreNamed() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        project.prepare(shell);
        new Split("test", 1, Map.of(), List.of("a1", "a2"), List.of("b1"), List.of("c1")).write(project.split());
        Path embeddings = Files.createDirectories(folder.resolve("embeddings"));
        for (String id : TinyProject.SEQUENCES.keySet()) {
            writeEmbedding(embeddings, id, TinyProject.SEQUENCES.get(id).length());
        }
        Path run = folder.resolve("run");
        Stream<Object> source = Stream.of("--set", "embedding.source=precomputed", "--set", "embedding.folder=" + embeddings);
        writeEmbedding(embeddings, "a2", 16);
        String message = shell.fails(Stream.concat(Stream.of(project.train(run)), source).toArray());
        assertNamed(embeddings.resolve("a2.safetensors"), "[14×5]", message);
        assertTrue(message.contains("start and end tokens"), message);
        // what the run has begun with stays, so that it goes on when the file is there
        Files.delete(embeddings.resolve("a2.safetensors"));
        assertNamed(embeddings.resolve("a2.npy"), "compute the embeddings of sample a2 first", shell.fails("resume", run));
        writeEmbedding(embeddings, "a2", 14);
        assertTrue(shell.run("resume", run).contains("finished"));
        Path input = project.data().resolve("c2.pdb");
        writeEmbedding(embeddings, "c2", 13);
        shell.fails("predict", input, "--checkpoint", run, "--out", folder.resolve("out.pdb"));
        assertNamed(embeddings.resolve("c2.safetensors"), "[14×5]", shell.out());
    }

    private static void writeEmbedding(Path folder, String id, int residues) throws IOException {
        float[] values = new float[residues * 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        new SafetensorsWriter().add("embedding", StoredArray.of(Shape.of(residues, 5), values)).write(folder.resolve(id + ".safetensors"));
    }

    @Test
    void aTableWithoutTheSamplesIsNamed() throws IOException {
        TinyProject project = TinyProject.write(folder.resolve("p"));
        project.prepare(shell);
        Path table = Files.writeString(folder.resolve("families.tsv"), "id\tfamily\na1\tkinase\n");
        String message = shell.fails("split", project.samples(), "--out", project.split(), "--by", "family", "--table", table);
        assertNamed(table, "a2", message);
        assertNamed(table, "target", shell.fails("split", project.samples(), "--out", project.split(), "--by", "target", "--table", table));
        assertFalse(Files.exists(project.split()));
        assertTrue(shell.fails("split", project.samples(), "--out", project.split(), "--fractions", "0.5,0.6,0.7").contains("0.5"));
    }
}
