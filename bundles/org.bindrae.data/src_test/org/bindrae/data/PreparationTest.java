package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

import org.bindrae.data.PreparationReport.Outcome;
import org.bindrae.data.PreparationReport.Status;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.ObjectMapper;

class PreparationTest {
    private static final int GOOD = 6;

    @TempDir
    Path folder;
    private Path input;
    private SampleCache cache;

    @BeforeEach
    void files() throws IOException {
        input = Files.createDirectory(folder.resolve("in"));
        cache = new SampleCache(folder.resolve("out"));
        for (int i = 0; i < GOOD; i++) {
            String atom = DrawnProtein.heteroAtom(900, "C1", "LIG", "A", 99, new Vec3(8, -4, 0), "C") + "\n"
                    + DrawnProtein.heteroAtom(901, "O2", "LIG", "A", 99, new Vec3(9.4, -4, 0), "O");
            Files.writeString(input.resolve("p" + i + ".pdb"), DrawnProtein.pdb("ACDEFGHIK".repeat(i + 1), atom));
        }
        Files.writeString(input.resolve("a.pdb"), "nonsense\n");
        Files.writeString(input.resolve("z.pdb"), "ATOM      1  N   ALA A   1      xx.104   6.134  -6.504  1.00  0.00           N\n");
    }

    @Test
    void badInputsCostOnlyThemselvesAndTheReportKeepsTheOrder() throws IOException {
        PreparationReport report = prepare(2);
        assertEquals(List.of("a", "p0", "p1", "p2", "p3", "p4", "p5", "z"), report.outcomes().stream().map(Outcome::id).toList());
        assertEquals(GOOD, report.count(Status.PREPARED));
        assertEquals(List.of("a", "z"), report.refused().stream().map(Outcome::id).toList());
        report.refused().forEach(refused -> {
            assertTrue(refused.reason().contains(refused.id() + ".pdb"), refused.reason());
            assertFalse(refused.reason().contains("internal error"));
        });
        assertEquals(report.usable(), cache.ids());
        assertEquals("8 complexes of in: 6 prepared, 0 in the cache already, 2 refused", report.summary());
        assertEquals(27, report.outcomes().get(3).residues());
        assertEquals(2, report.outcomes().get(3).ligandAtoms());
    }

    @Test
    void theSecondTimeNothingIsWritten() throws IOException {
        prepare(2);
        FileTime past = FileTime.fromMillis(0);
        for (String id : cache.ids()) {
            Files.setLastModifiedTime(cache.file(id), past);
        }
        PreparationReport report = prepare(2);
        assertEquals(GOOD, report.count(Status.CACHED));
        for (String id : cache.ids()) {
            assertEquals(past, Files.getLastModifiedTime(cache.file(id)));
        }
    }

    @Test
    void changedInputsSettingsAndDamagedSamplesAreMadeAgain() throws IOException {
        prepare(2);
        Files.writeString(input.resolve("p1.pdb"), Files.readString(input.resolve("p1.pdb")).replace("CYS", "SER"));
        byte[] bytes = Files.readAllBytes(cache.file("p3"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(cache.file("p3"), bytes);
        PreparationReport report = prepare(2);
        assertEquals(List.of("p1", "p3"), report.outcomes().stream().filter(outcome -> outcome.status() == Status.PREPARED).map(Outcome::id).toList());
        assertEquals(GOOD - 2, report.count(Status.CACHED));
        assertEquals(GOOD, new Preparation(cache, new PreparationSettings(6, 1, 2, false), 2).run(DataSet.read(input), ProgressListener.NONE)
                .count(Status.PREPARED));
    }

    @Test
    void theNumberOfThreadsChangesNothing() throws IOException {
        PreparationReport one = prepare(1);
        Map<String, byte[]> files = new TreeMap<>();
        for (String id : cache.ids()) {
            files.put(id, Files.readAllBytes(cache.file(id)));
            Files.delete(cache.file(id));
        }
        assertEquals(one, prepare(5));
        for (String id : cache.ids()) {
            assertArrayEquals(files.get(id), Files.readAllBytes(cache.file(id)));
        }
    }

    @Test
    void progressReachesItsTotal() throws IOException {
        List<Long> done = Collections.synchronizedList(new ArrayList<>());
        new Preparation(cache, PreparationSettings.defaults(), 3).run(DataSet.read(input), (finished, total, unit, detail) -> {
            assertEquals(GOOD + 2, total);
            done.add(finished);
        });
        assertEquals(GOOD + 2, done.size());
        assertEquals(GOOD + 2L, Collections.max(done));
    }

    @Test
    void anInterruptedPreparationStops() throws IOException {
        DataSet data = DataSet.read(input);
        Thread.currentThread().interrupt();
        try {
            assertThrows(CancellationException.class, () -> new Preparation(cache, PreparationSettings.defaults(), 1).run(data, ProgressListener.NONE));
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void theReportIsTextForPeopleAndPrograms() throws IOException {
        PreparationReport report = prepare(2);
        var json = new ObjectMapper().readTree(report.toJson());
        assertEquals(8, json.get("outcomes").size());
        assertEquals("REFUSED", json.get("outcomes").get(0).get("status").asText());
        assertEquals(5, json.get("settings").get("contactDistance").asDouble());
        List<String> lines = report.toTsv().lines().toList();
        assertEquals(9, lines.size());
        lines.forEach(line -> assertEquals(10, line.split("\t", -1).length));
    }

    private PreparationReport prepare(int threads) throws IOException {
        return new Preparation(cache, PreparationSettings.defaults(), threads).run(DataSet.read(input), ProgressListener.NONE);
    }
}
