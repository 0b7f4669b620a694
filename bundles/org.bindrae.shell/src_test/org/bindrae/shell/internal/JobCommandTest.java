package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.shell.CommandFailure;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Training in the interactive shell. */
@Timeout(120)
class JobCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;
    private final TestShell shell = new TestShell();
    private TinyProject project;

    @BeforeEach
    void prepare() throws IOException {
        shell.interactive();
        project = TinyProject.write(folder);
        project.prepare(shell);
        project.split(shell);
    }

    @AfterEach
    void close() {
        shell.close();
    }

    private String train(String run, int epochs) {
        return shell.run(
                Stream.concat(Stream.of(project.train(folder.resolve(run))), Stream.of("--set", "training.epochs=" + epochs, "--set", "training.patience=0"))
                        .toArray());
    }

    private Job job(String id) {
        return shell.jobs().find(id).orElseThrow();
    }

    @Test
    void trainReturnsAtOnceAndJobsTellWhereItIs() throws IOException, InterruptedException {
        assertTrue(shell.run("jobs").contains("there are no jobs"), shell.out());
        assertEquals("job j1 trains on cpu; see it with: job follow j1\n", train("long", 50_000));
        assertEquals("job j2 waits for cpu, which j1 has; see it with: job follow j2\n", train("short", 2));
        while (job("j1").status().step() < 3) {
            Thread.sleep(5);
        }
        String table = shell.run("jobs");
        assertTrue(table.contains("j1   running ") && table.contains("flash-cpu") && table.contains("j2   queued ")
                && table.contains("waits for cpu, which j1 has"), table);
        JsonNode json = JSON.readTree(shell.run("jobs", "--json"));
        assertEquals("running", json.path(0).path("state").textValue());
        assertEquals(100_000, json.path(0).path("of").intValue());
        assertTrue(json.path(0).path("left").doubleValue() > 0 && json.path(1).path("loss").isNull(), json::toString);
        String stopped = shell.run("job", "stop", "j1");
        assertTrue(stopped.matches("job j1 is stopped at step \\d+ of 100000; go on with: resume .*long\n"), stopped);
        String followed = shell.run("job", "follow", "j2");
        assertTrue(followed.contains("step 4 of 4: finished"), followed);
        assertEquals(JobState.FINISHED, job("j2").status().state());
        JsonNode shown = JSON.readTree(shell.run("job", "show", "j2", "--json"));
        assertEquals("finished", shown.path("state").textValue());
        assertTrue(shown.path("checkpoint").textValue().endsWith("step-00000004.safetensors"), shown::toString);
        assertTrue(shell.run("job", "show", "j2").lines().anyMatch(line -> line.matches("state +finished")), shell.out());
    }

    private static List<AttentionBackend> takeOutOfService(TestShell of) {
        List<AttentionBackend> all = of.backends().ranked().stream().map(AttentionBackends.Ranked::backend).toList();
        all.forEach(backend -> of.backends().outOfService().add(backend, "failed"));
        return all;
    }

    @Test
    void withoutABackendAJobWaitsAndASingleCommandFails() throws InterruptedException {
        String missing = "no attention backend can run this model: flash-cpu: out of service because it failed";
        try (TestShell single = new TestShell()) {
            takeOutOfService(single);
            assertTrue(single.fails(project.train(folder.resolve("single"))).startsWith(missing));
            assertFalse(Files.exists(folder.resolve("single")));
        }
        List<AttentionBackend> all = takeOutOfService(shell);
        assertTrue(train("run", 2).startsWith("job j1 waits: " + missing), shell.out());
        all.forEach(shell.backends().outOfService()::remove);
        assertEquals(JobState.FINISHED, job("j1").await().state());
    }

    @Test
    void aJobIsPausedResumedAndFollowedToItsEnd() {
        train("run", 100);
        assertTrue(shell.run("job", "pause", "j1").matches("job j1 is paused at step \\d+ of 200; go on with: job resume j1\n"), shell.out());
        assertTrue(shell.run("job", "follow", "j1").startsWith("job j1 is paused"), shell.out());
        assertTrue(shell.run("job", "resume", "j1").startsWith("job j1 is running"), shell.out());
        String followed = shell.run("job", "follow", "j1");
        assertTrue(followed.contains("validation loss") && followed.contains("step 200 of 200: finished"), followed);
        assertTrue(shell.fails("job", "pause", "j1").contains("job j1 has finished and cannot be paused"));
    }

    @Test
    void leavingAJobAloneIsNoEndOfIt() {
        train("run", 50_000);
        Thread.currentThread().interrupt();
        assertTrue(shell.run("job", "follow", "j1").endsWith("job j1 goes on; see it again with: job follow j1\n"), shell.out());
        assertFalse(Thread.interrupted());
        assertEquals(JobState.RUNNING, job("j1").status().state());
    }

    @Test
    void trainMayWaitAndResumeIsAJobToo() throws IOException {
        Object[] words = Stream.concat(Stream.of(project.train(folder.resolve("run"))), Stream.of("--wait")).toArray();
        assertTrue(shell.run(words).contains("step 4 of 4: finished"), shell.out());
        assertEquals("job j2 trains on cpu; see it with: job follow j2\n", shell.run("resume", folder.resolve("run")));
        shell.run("job", "follow", "j2");
        assertEquals(JobState.FINISHED, job("j2").status().state());
    }

    @Test
    void aJobThatFailsSaysWhyAndHowToGoOn() throws IOException, InterruptedException {
        train("run", 50_000);
        while (job("j1").status().step() < 3) {
            Thread.sleep(5);
        }
        List<Path> samples;
        try (Stream<Path> files = Files.list(project.samples())) {
            samples = files.filter(file -> file.toString().endsWith(".safetensors")).toList();
        }
        for (Path sample : samples) {
            Files.delete(sample);
        }
        job("j1").await();
        CommandFailure failure = assertThrows(CommandFailure.class, () -> shell.run("job", "follow", "j1"));
        assertTrue(failure.getMessage().matches(".*samples/.*\\.safetensors.*; once that is mended, go on with: resume .*run"), failure.getMessage());
        assertTrue(shell.run("jobs").contains("failed"), shell.out());
    }

    @Test
    void mistakesAreNamedAtOnce() {
        assertTrue(shell.fails("job", "stop", "j7").contains("there is no job 'j7'; see: jobs"));
        assertTrue(shell.misunderstands("job").contains("follow, pause, resume, stop, show"));
        assertTrue(shell.misunderstands("job", "pause").contains("JOB"));
        train("run", 50_000);
        assertTrue(shell.fails("resume", folder.resolve("run")).contains("in use"));
    }
}
