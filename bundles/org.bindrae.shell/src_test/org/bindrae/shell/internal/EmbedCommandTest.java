package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.training.RunDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** From prepared samples to a network that was trained with embeddings of a language model. */
@TestInstance(Lifecycle.PER_CLASS)
class EmbedCommandTest {
    private static final Path MODEL = Path.of("../org.bindrae.esm/src_test/org/bindrae/esm/encoder/tiny");

    private final TestShell shell = new TestShell();
    private TinyProject project;
    private Path folder;
    private Path cache;

    @BeforeAll
    void prepare(@TempDir Path temporary) throws IOException {
        folder = temporary;
        cache = folder.resolve("cache");
        project = TinyProject.write(temporary);
        project.prepare(shell);
        project.split(shell);
    }

    @AfterAll
    void close() {
        shell.close();
    }

    private Object[] train(String run, String... assignments) {
        List<Object> words = new ArrayList<>(Arrays.asList(project.train(folder.resolve(run))));
        for (String assignment : assignments) {
            words.addAll(List.of("--set", assignment));
        }
        return words.toArray();
    }

    @Test
    void chainsAreComputedOnceAndANetworkRemembersItsEmbeddings() throws IOException {
        String first = shell.run("embed", project.samples(), "--model", MODEL, "--cache", cache);
        assertFalse(first.contains(" 0 computed"), first);
        String again = shell.run("embed", project.samples(), "--model", MODEL, "--cache", cache);
        assertTrue(again.contains(" 0 computed"), again);
        String info = shell.run("embed", project.samples(), "--model", MODEL, "--cache", cache, "--info");
        assertTrue(info.contains("esm2_t3_40") && info.contains("0 sequences of 0 residues"), info);

        shell.run(train("cached", "embedding.cache=" + cache));
        String config = Files.readString(RunDirectory.configFile(folder.resolve("cached")));
        assertTrue(config.contains("\"cached\""), config);
        String provenance = Files.readString(RunDirectory.provenanceFile(folder.resolve("cached")));
        assertTrue(provenance.contains("esm2_t3_40-"), provenance);
        shell.run(train("esm2", "embedding.model=" + MODEL, "embedding.cache=" + cache));
        assertEquals(Files.readString(folder.resolve("cached/metrics.csv")).lines().map(EmbedCommandTest::withoutSpeed).toList(),
                Files.readString(folder.resolve("esm2/metrics.csv")).lines().map(EmbedCommandTest::withoutSpeed).toList());
        String refused = shell.fails("evaluate", project.samples(), "--split", project.split(), "--checkpoint", folder.resolve("cached"), "--out",
                folder.resolve("report"), "--set", "embedding.source=sequence");
        assertTrue(refused.contains("was trained with residue embeddings by esm2_t3_40-") && refused.contains("which sequence does not replace"), refused);
    }

    /** Step, kind and first loss. */
    private static String withoutSpeed(String line) {
        String[] cells = line.split(",");
        return String.join(",", Arrays.copyOf(cells, 4));
    }

    @Test
    void sequencesOfAFastaFileAreEmbedded() throws IOException {
        Path fasta = folder.resolve("x.fasta");
        Files.writeString(fasta, ">a\nMKTAYIAK\n>long\n" + "MKTAYIAKQR".repeat(110) + "\n");
        String out = shell.run("embed", fasta, "--model", MODEL, "--cache", folder.resolve("other"), "--store", "bf16");
        assertTrue(out.contains("2 chains with 2 sequences: 2 computed"), out);
        assertTrue(shell.err().contains("1 chains are longer than the 1022 residues of the model and are embedded in overlapping windows: long (1100)"),
                shell.err());
        Files.writeString(fasta, ">a\nMKTa\n");
        String lower = shell.fails("embed", fasta, "--model", MODEL, "--cache", folder.resolve("other"));
        assertTrue(lower.contains("x.fasta: a: residue 4 is 'a'"), lower);
    }

    @Test
    void wrongArgumentsAreSaidSo() {
        assertTrue(shell.misunderstands("embed", "--model", MODEL).contains("name the prepared samples"));
        assertTrue(shell.fails("embed", project.samples(), "--model", folder).contains("is no folder of an ESM-2 model"));
        assertTrue(shell.fails(train("none", "embedding.source=cached", "embedding.cache=" + folder.resolve("nothing"))).contains("command embed"));
    }
}
