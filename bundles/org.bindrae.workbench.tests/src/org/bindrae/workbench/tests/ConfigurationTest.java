package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.bindrae.data.DataSet;
import org.bindrae.data.Preparation;
import org.bindrae.data.PreparationSettings;
import org.bindrae.data.ProgressListener;
import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.samples.SampleStructures;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.config.ChosenConfiguration;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.Jobs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** Files, ConfigurationAdmin and a run that follows them. */
@Timeout(180)
class ConfigurationTest {
    private static final String PID = "org.bindrae.configuration";
    private static final int PATIENCE_SECONDS = 60;

    private Workbench workbench;
    private Configurations configurations;
    private ConfigurationAdmin admin;

    @BeforeEach
    void start() throws BundleException, InterruptedException {
        workbench = new Workbench();
        configurations = workbench.service(Configurations.class);
        admin = workbench.service(ConfigurationAdmin.class);
    }

    @AfterEach
    void removeFiles() throws IOException, InterruptedException {
        for (String name : List.of(Configurations.WORKBENCH, "other")) {
            Files.deleteIfExists(file(name));
        }
        assertEquals(Map.of(), workbench.service(Configurations.class).list());
    }

    private Path file(String name) {
        return configurations.folder().orElseThrow().resolve(name + ".json");
    }

    private void write(String text) throws IOException {
        Files.createDirectories(file(Configurations.WORKBENCH).getParent());
        Files.writeString(file(Configurations.WORKBENCH), text);
    }

    private Dictionary<String, Object> stored(String name) throws IOException {
        return admin.getFactoryConfiguration(PID, name, "?").getProperties();
    }

    private double rate() throws IOException {
        return configurations.choose(null, List.of()).config().training().learningRate();
    }

    @Test
    void aFileBecomesAConfigurationWithTypedValuesAndGoesWithTheFile() throws IOException {
        write("{\"training\": {\"learningRate\": 1e-3, \"epochs\": 7}, \"attention\": {\"backend\": \"reference\"}}");
        assertEquals(1e-3, rate());
        Dictionary<String, Object> stored = stored(Configurations.WORKBENCH);
        assertEquals(List.of(1e-3, 7L, "reference"),
                List.of(stored.get("training.learningRate"), stored.get("training.epochs"), stored.get("attention.backend")));
        write("{\"training\": {\"learningRate\": 2e-3}}");
        assertEquals(2e-3, rate());
        assertNull(stored(Configurations.WORKBENCH).get("training.epochs"));
    }

    @Test
    void aConfigurationOfOtherOriginCountsAsWell() throws IOException {
        Configuration other = admin.getFactoryConfiguration(PID, "other", "?");
        try {
            other.update(new Hashtable<>(Map.of("training.learningRate", "3e-3")));
            assertEquals(3e-3, configurations.choose("other", List.of()).config().training().learningRate());
            other.update(new Hashtable<>(Map.of("training.learningRate", "fast")));
            assertTrue(configurations.list().get("other").contains("training.learningRate"), configurations.list()::toString);
        } finally {
            other.delete();
        }
    }

    @Test
    void configurationsLastWhileTheirServiceIsAway() throws IOException, BundleException, InterruptedException {
        write("{\"training\": {\"learningRate\": 1e-3}}");
        assertEquals(1e-3, rate());
        Bundle service = workbench.bundle("org.apache.felix.configadmin");
        service.stop();
        try {
            assertEquals(1e-3, rate());
            write("{\"training\": {\"learningRate\": 2e-3}}");
            assertEquals(2e-3, rate());
        } finally {
            service.start();
        }
        admin = workbench.service(ConfigurationAdmin.class);
        assertEquals(2e-3, rate());
        assertEquals(2e-3, stored(Configurations.WORKBENCH).get("training.learningRate"));
    }

    @Test
    void theTrainingBundleStopsWithoutAThreadLeft() throws BundleException {
        Bundle training = workbench.bundle("org.bindrae.training");
        training.stop();
        try {
            assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter("bindrae-configurations"::equals).toList());
        } finally {
            training.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    @Test
    void aRunFollowsItsFileAndGoesOnWithTheLastGoodOne(@TempDir Path folder) throws IOException, InterruptedException {
        write("{\"training\": {\"learningRate\": 1e-3, \"checkpointInterval\": 1000}}");
        var events = new LinkedBlockingQueue<String>();
        Job job = workbench.service(Jobs.class).submit(training(folder), new TrainingListener() {
            @Override
            public void configured(List<String> differences) {
                events.add("configured " + differences);
            }

            @Override
            public void refused(String reason) {
                events.add("refused " + reason);
            }
        });
        try {
            write("{\"training\": {\"learningRate\": 5e-4, \"checkpointInterval\": 1000}}");
            assertHeard("configured [training.learningRate: 0.001 → 5e-4]", events);
            write("");
            assertHeard("refused ", events);
            write("{\"training\": {\"learningRate\": 5e-4, \"seed\": 3}}");
            assertHeard("refused ", events);
            Files.delete(file(Configurations.WORKBENCH));
            assertHeard("refused the configuration workbench was deleted", events);
            assertEquals(JobState.RUNNING, job.status().state(), job.status()::message);
            write("{\"training\": {\"learningRate\": 2e-4, \"checkpointInterval\": 1000}, \"attention\": {\"backend\": \"reference\"}}");
            assertHeard("configured [attention.backend: auto → reference, training.learningRate: 5e-4 → 2e-4]", events);
        } finally {
            job.stop();
            job.await();
        }
        assertEquals(JobState.STOPPED, job.status().state(), job.status()::message);
        List<String> history = Files.readAllLines(RunDirectory.historyFile(job.folder()));
        assertEquals(2, history.stream().filter(line -> line.contains("\"configuration\"")).count(), history::toString);
        assertEquals(3, history.stream().filter(line -> line.contains("\"configuration refused\"")).count(), history::toString);
        assertTrue(Files.readString(RunDirectory.configFile(job.folder())).contains("\"learningRate\" : 2.0E-4"));
    }

    private static void assertHeard(String beginning, LinkedBlockingQueue<String> events) throws InterruptedException {
        String event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(event != null && event.startsWith(beginning), () -> beginning + " was expected, not " + event);
    }

    /** Of a small network, on three structures, without an end. */
    private ConfiguredTraining training(Path folder) throws IOException, InterruptedException {
        Path structures = Files.createDirectories(folder.resolve("structures"));
        for (String id : List.of("1BOQ", "1GCI", "1PPA")) {
            try (InputStream in = SampleStructures.open(id + ".pdb")) {
                Files.copy(in, structures.resolve(id + ".pdb"));
            }
        }
        SampleCache samples = new SampleCache(folder.resolve("samples"));
        var report = new Preparation(samples, PreparationSettings.defaults()).run(DataSet.read(structures), ProgressListener.NONE);
        if (!report.refused().isEmpty()) {
            fail(report.refused().toString());
        }
        ChosenConfiguration chosen = configurations.choose(null, List.of("training.epochs=100000", "model.depth=1", "model.cS=16", "model.headWidth=8",
                "model.edge.cZ=8", "model.edge.featDim=4", "model.attention.cHidden=4", "model.attention.heads=2", "model.ligand.width=6",
                "model.ligand.heads=2",
                "model.ligand.filmWidth=8", "training.validationInterval=1000000", "compute.device=cpu"));
        Split split = new Split("by hand", 0, Map.of(), List.of("1BOQ", "1GCI"), List.of(), List.of());
        return ConfiguredTraining.create(workbench.service(org.bindrae.training.Workbench.class), configurations,
                chosen.withSamples(folder.resolve("samples").toString()), split, folder.resolve("run"), false);
    }
}
