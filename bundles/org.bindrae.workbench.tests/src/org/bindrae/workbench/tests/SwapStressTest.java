package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.InstalledBackends;
import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StepReport;
import org.bindrae.training.SyntheticComplex;
import org.bindrae.training.TrainingListener;
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
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.log.LogEntry;
import org.osgi.service.log.LogLevel;
import org.osgi.service.log.LogListener;
import org.osgi.service.log.LogReaderService;

/**
 * A run that goes on while its attention backends are stopped, started, updated and swapped, while some of them fail, and while its configuration changes: well,
 * badly and away.
 */
@Timeout(180)
class SwapStressTest {
    private static final long SEED = 20;
    private static final int EVENTS = 200;
    private static final int STEPS_PER_EVENT = 2;
    /** When one hangs. */
    private static final int HANG = 60;
    private static final int EPOCHS = 160;
    private static final int STEPS = 3 * EPOCHS;
    private static final List<String> SETTINGS = List.of("model.cS=16", "model.depth=1", "model.headWidth=8", "model.edge.cZ=8", "model.edge.featDim=4",
            "model.edge.bins=6", "model.edge.neighbours=3", "model.attention.cHidden=4", "model.attention.heads=2", "model.attention.qkPoints=2",
            "model.attention.vPoints=3", "model.ligand.width=6", "model.ligand.heads=2", "model.ligand.filmWidth=8", "model.ligand.warmUpSteps=2",
            "training.batchSamples=2", "training.warmUpSteps=1", "training.patience=0", "training.epochs=" + EPOCHS, "training.checkpointInterval=20",
            "training.validationInterval=60", "compute.device=cpu", "compute.precision=fp64", "attention.patience=2");
    private static final List<String> SAMPLES = List.of("a", "b", "c", "d", "e", "f", "v");
    private static final String PID = "org.bindrae.configuration";
    /** The one in ConfigurationAdmin that the run follows, over that of the workbench, which is a file. */
    private static final String CONFIGURATION = "stress";
    private static final String RATE = "training.learningRate";
    private static final int RATES = 40;
    /** What becomes of the file, one after the other; it is left alone for so many events, because a change counts only once it stays. */
    private static final List<String> FILES = List.of("{\"training\": {\"keepCheckpoints\": 4}}", "", "{\"training\": {\"keepCheckpoints\": ",
            "{\"training\": {\"keepCheckpoints\": 4, \"seed\": 3}}");
    private static final int EVENTS_PER_FILE = 35;
    private static final long HEAP_GROWTH = 16L << 20;
    private static final long RESIDENT_GROWTH = 160L << 20;

    /** Columns of the metrics. */
    private static final int STEP = 0;
    private static final int PART = 2;
    private static final int LOSS = 7;

    @TempDir
    private Path temp;

    private final BundleContext context = FrameworkUtil.getBundle(SwapStressTest.class).getBundleContext();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final CountDownLatch hangEnds = new CountDownLatch(1);
    private final Random random = new Random(SEED);
    private final List<WeakReference<AttentionBackend>> samples = new ArrayList<>();
    private final FrameworkListener frameworkListener = event -> {
        if (event.getType() == FrameworkEvent.ERROR) {
            problems.add("framework: " + event.getThrowable());
        }
    };
    private final LogListener logListener = this::logged;
    private Workbench workbench;
    private org.bindrae.training.Workbench parts;
    private Configurations configurations;
    private ConfigurationAdmin admin;
    private LogReaderService log;
    private ServiceRegistration<AttentionBackend> registered;

    @BeforeEach
    void prepare() throws Exception {
        workbench = new Workbench();
        parts = workbench.service(org.bindrae.training.Workbench.class);
        configurations = workbench.service(Configurations.class);
        admin = workbench.service(ConfigurationAdmin.class);
        configure(Map.of(RATE, rate(0)));
        log = workbench.service(LogReaderService.class);
        log.addLogListener(logListener);
        context.addFrameworkListener(frameworkListener);
        SampleCache cache = new SampleCache(Files.createDirectories(temp.resolve("samples")));
        for (String id : SAMPLES) {
            cache.write(SyntheticComplex.of(id, 9 + id.hashCode() % 4, 5, id.hashCode()));
        }
    }

    @AfterEach
    void restore() throws BundleException, IOException, InterruptedException {
        Files.deleteIfExists(file());
        admin.getFactoryConfiguration(PID, CONFIGURATION, "?").delete();
        while (!configurations.list().isEmpty()) {
            Thread.sleep(20);
        }
        hangEnds.countDown();
        unregister();
        log.removeLogListener(logListener);
        context.removeFrameworkListener(frameworkListener);
        for (Bundle bundle : providers()) {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    private void logged(LogEntry entry) {
        if (entry.getLogLevel() == LogLevel.ERROR || entry.getException() != null && entry.getLogLevel() == LogLevel.WARN) {
            problems.add("log: " + entry.getBundle() + ": " + entry.getMessage() + ": " + entry.getException());
        }
    }

    private List<Bundle> providers() {
        return List.of(workbench.bundle("org.bindrae.attention.cpu"), workbench.bundle("org.bindrae.attention.reference"));
    }

    private ConfiguredTraining training(String name) throws IOException {
        Split split = new Split("test", 1, Map.of(), SAMPLES.subList(0, 6), SAMPLES.subList(6, 7), List.of());
        return ConfiguredTraining.create(parts, configurations, configurations.choose(CONFIGURATION, SETTINGS).withSamples(temp.resolve("samples").toString()),
                split, temp.resolve(name), false);
    }

    @Test
    void aRunGoesOnWhateverHappensToItsBackendsAndItsConfiguration() throws Exception {
        try (ConfiguredTraining straight = training("straight")) {
            assertEquals(STEPS, straight.run(TrainingListener.NONE).steps());
        }
        AttentionBackend sound = workbench.services(AttentionBackend.class).stream().filter(backend -> backend.name().equals("reference")).findFirst()
                .orElseThrow();
        Jobs jobs = workbench.service(Jobs.class);
        Semaphore steps = new Semaphore(0);
        Job job = jobs.submit(training("run"));
        job.add(paced(steps));
        long heap = 0;
        long resident = 0;
        for (int event = 0; event < EVENTS; event++) {
            if (event == HANG + 10) {
                heap = heap();
                resident = resident();
            }
            if (event == HANG) {
                hang(steps, sound);
                continue;
            }
            steps.release(STEPS_PER_EVENT);
            if (event % EVENTS_PER_FILE == 0) {
                change(event / EVENTS_PER_FILE);
            }
            happen(sound);
            for (int wait = 0; steps.availablePermits() > 0 && wait < 15; wait++) {
                Thread.sleep(5);
            }
        }
        long heapGrowth = heap() - heap;
        long residentGrowth = resident() - resident;
        unregister();
        for (Bundle bundle : providers()) {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
        endWithTheLastGoodConfiguration(job, steps);
        hangEnds.countDown();
        assertEquals(List.of(), problems);
        assertSameCurve();
        for (String way : List.of("THROWS", "THROWS_BACKWARD", "GIVES_NAN", "GIVES_NAN_BACKWARD", "GIVES_NOTHING")) {
            assertTrue(history().contains("sample-" + way + "\",\"out_of_service\""), () -> way + " was not noticed: " + history());
        }
        assertTrue(count("\"event\":\"configuration\"") > 10 && count("\"event\":\"configuration refused\"") > 3, this::history);
        assertNothingIsLeft();
        assertTrue(heapGrowth < HEAP_GROWTH, heapGrowth + " bytes of heap more");
        assertTrue(residentGrowth < RESIDENT_GROWTH, residentGrowth + " bytes of memory more");
    }

    /** A run that takes no more steps than it is allowed to. */
    private static TrainingListener paced(Semaphore steps) {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                steps.acquireUninterruptibly();
            }
        };
    }

    /** Until the run has met the backend, and has gone on without it. */
    private void hang(Semaphore steps, AttentionBackend sound) throws IOException, InterruptedException {
        configure(Map.of(RATE, rate(1)));
        register(FailingBackend.Way.HANGS, sound);
        while (!history().contains("sample-HANGS\",\"out_of_service\":\"did not return")) {
            if (steps.availablePermits() == 0) {
                steps.release();
            }
            Thread.sleep(5);
        }
    }

    private void happen(AttentionBackend sound) throws Exception {
        switch (random.nextInt(8)) {
            case 6 -> configure(Map.of(RATE, rate(random.nextInt(RATES)), "attention.backend", random.nextInt(4) == 0 ? "reference" : "auto"));
            case 7 -> misconfigure();
            case 0 -> toggle(providers().get(0));
            case 1 -> toggle(providers().get(1));
            case 2 -> update(providers().get(0));
            case 3 -> unregister();
            default -> register(FailingBackend.Way.values()[random.nextInt(FailingBackend.Way.values().length - 1)], sound);
        }
    }

    /** Rates so close that the losses stay those of the run that nobody disturbs: differences grow a millionfold in these steps. */
    private static double rate(int number) {
        return 5e-4 + number * Math.ulp(5e-4);
    }

    private void configure(Map<String, Object> values) throws IOException {
        admin.getFactoryConfiguration(PID, CONFIGURATION, "?").update(new Hashtable<>(values));
    }

    private void misconfigure() throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> configure(Map.of(RATE, "fast"));
            case 1 -> configure(Map.of(RATE, -1.0));
            case 2 -> configure(Map.of("training.seed", 3));
            default -> admin.getFactoryConfiguration(PID, CONFIGURATION, "?").delete();
        }
    }

    private Path file() {
        return configurations.folder().orElseThrow().resolve(Configurations.WORKBENCH + ".json");
    }

    /** Gives the file its next content, or deletes it. */
    private void change(int number) throws IOException {
        Files.createDirectories(file().getParent());
        if (number % (FILES.size() + 1) == FILES.size()) {
            Files.deleteIfExists(file());
        } else {
            Files.writeString(file(), FILES.get(number % (FILES.size() + 1)));
        }
    }

    private void endWithTheLastGoodConfiguration(Job job, Semaphore steps) throws IOException, InterruptedException {
        Files.deleteIfExists(file());
        configure(Map.of(RATE, rate(-1), "attention.backend", "auto"));
        Path config = RunDirectory.configFile(job.folder());
        String last = "\"learningRate\" : " + rate(-1);
        while (!Files.readString(config).contains(last)) {
            assertEquals(JobState.RUNNING, job.status().state(), () -> job.failure() + history());
            if (steps.availablePermits() == 0) {
                steps.release();
            }
            Thread.sleep(20);
        }
        long refused = count("\"event\":\"configuration refused\"");
        configure(Map.of(RATE, "fast"));
        while (count("\"event\":\"configuration refused\"") == refused) {
            if (steps.availablePermits() == 0) {
                steps.release();
            }
            Thread.sleep(20);
        }
        steps.release(STEPS);
        assertEquals(JobState.FINISHED, job.await().state(), () -> job.failure() + history());
        assertTrue(Files.readString(config).contains(last), () -> "the last good configuration was not kept: " + history());
    }

    private long count(String what) {
        return history().lines().filter(line -> line.contains(what)).count();
    }

    private static void toggle(Bundle bundle) throws BundleException {
        if (runs(bundle)) {
            bundle.stop();
        } else {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    /** As when a new version of it is installed: its classes are loaded anew, and those of the old one can go. */
    private void update(Bundle bundle) throws BundleException, InterruptedException {
        boolean runs = runs(bundle);
        // Declarative Services log an error where a lazy bundle is refreshed while they look at it
        bundle.stop();
        bundle.update();
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(0).adapt(FrameworkWiring.class).refreshBundles(List.of(bundle), (FrameworkListener) _ -> refreshed.countDown());
        assertTrue(refreshed.await(20, TimeUnit.SECONDS), "the bundle was not refreshed");
        if (runs) {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    private static boolean runs(Bundle bundle) {
        return bundle.getState() == Bundle.ACTIVE || bundle.getState() == Bundle.STARTING;
    }

    /** Instead of the last one. */
    private void register(FailingBackend.Way way, AttentionBackend sound) {
        unregister();
        Dictionary<String, Object> properties = new Hashtable<>(Map.of("service.ranking", 300));
        AttentionBackend backend = new FailingBackend(sound, way, hangEnds);
        samples.add(new WeakReference<>(backend));
        registered = context.registerService(AttentionBackend.class, backend, properties);
    }

    private void unregister() {
        if (registered != null) {
            registered.unregister();
            registered = null;
        }
    }

    private String history() {
        try {
            return Files.readString(RunDirectory.historyFile(temp.resolve("run")));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void assertSameCurve() throws IOException {
        List<String[]> expected = rows("straight");
        List<String[]> rows = rows("run");
        assertEquals(LongStream.rangeClosed(1, STEPS).mapToObj(Long::toString).toList(),
                rows.stream().filter(row -> row[PART].equals("training")).map(row -> row[STEP]).toList());
        assertEquals(expected.size(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            double right = Double.parseDouble(expected.get(i)[LOSS]);
            assertEquals(right, Double.parseDouble(rows.get(i)[LOSS]), 1e-6 * Math.abs(right), "loss of step " + rows.get(i)[STEP]);
        }
    }

    private List<String[]> rows(String run) throws IOException {
        return Files.readAllLines(RunDirectory.metricsFile(temp.resolve(run))).stream().skip(1).map(row -> row.split(",")).toList();
    }

    /** Neither a thread nor a backend. */
    private void assertNothingIsLeft() throws InterruptedException {
        InstalledBackends installed = workbench.service(InstalledBackends.class);
        for (int wait = 0; wait < 200; wait++) {
            System.gc();
            installed.current();
            if (threads().isEmpty() && samples.stream().allMatch(sample -> sample.refersTo(null))) {
                return;
            }
            Thread.sleep(50);
        }
        assertEquals(List.of(), threads());
        assertEquals(List.of(), samples.stream().map(WeakReference::get).filter(backend -> backend != null).map(AttentionBackend::name).toList());
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.matches("bindrae-(run|job|batches|check).*")).toList();
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** Memory of the process, what is off the heap too; 0 where the system does not tell. */
    private static long resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        return !Files.exists(status) ? 0
                : Files.readAllLines(status).stream().filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                        .findFirst().orElse(0);
    }
}
