package org.bindrae.training.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.data.Sample;
import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.ResidueEmbedders;
import org.bindrae.esm.internal.SequenceEmbedder;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StepReport;
import org.bindrae.training.SyntheticSamples;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.models.PretrainedModels;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class JobsTest {
    private static final List<String> SETTINGS = List.of("model.cS=16", "model.depth=1", "model.headWidth=8", "model.edge.cZ=8", "model.edge.featDim=4",
            "model.edge.bins=6", "model.edge.neighbours=3", "model.attention.cHidden=4", "model.attention.heads=2", "model.attention.qkPoints=2",
            "model.attention.vPoints=3", "model.ligand.width=6", "model.ligand.heads=2", "model.ligand.filmWidth=8", "model.ligand.warmUpSteps=2",
            "training.batchSamples=2", "training.warmUpSteps=1", "training.patience=0");
    private static final int EPOCHS = 20;
    private static final int STEPS = 60;
    private static final int LONG = 20_000;

    @TempDir
    private Path temp;
    private final CpuDevice device = new CpuDevice(2, true);
    private final List<Device> devices = new CopyOnWriteArrayList<>(List.of(device));
    private final List<AttentionBackend> backends = new CopyOnWriteArrayList<>(List.of(new FlashCpuBackend()));
    private final Workbench workbench = new Workbench(device, () -> new Devices(devices), () -> AttentionBackends.of(backends.toArray(AttentionBackend[]::new)),
            () -> new EdgeModes(List.of(new Flash1dBias())), () -> new ResidueEmbedders(List.of(new SequenceEmbedder())),
            () -> new PretrainedModels(List.of()));
    private final Jobs jobs = new Jobs(workbench);

    @BeforeEach
    void writeSamples() throws IOException {
        SampleCache cache = new SampleCache(Files.createDirectories(temp.resolve("samples")));
        for (Sample sample : SyntheticSamples.of("a", "b", "c", "d", "e", "f", "v")) {
            cache.write(sample);
        }
    }

    @AfterEach
    void endJobs() {
        jobs.close();
        device.close();
        assertEquals(List.of(),
                Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.matches("bindrae-(job|queue|run|batches).*"))
                        .toList());
    }

    private ConfiguredTraining training(String name, String where, int epochs, String... more) throws IOException {
        List<String> settings = new ArrayList<>(SETTINGS);
        settings.addAll(List.of(more));
        settings.addAll(List.of("training.epochs=" + epochs, "compute.device=" + where, "compute.precision=fp32"));
        WorkbenchConfig config = new ConfigFormat().defaults(settings).withSamples(temp.resolve("samples").toString());
        Split split = new Split("test", 1, Map.of(), List.of("a", "b", "c", "d", "e", "f"), List.of("v"), List.of());
        return ConfiguredTraining.create(workbench, config, split, temp.resolve(name));
    }

    private Job submit(String name, String where, int epochs) throws IOException {
        return jobs.submit(training(name, where, epochs));
    }

    /** A run that was never disturbed. */
    private Path straight() throws IOException {
        Path folder = temp.resolve("straight");
        if (!Files.exists(folder)) {
            try (ConfiguredTraining training = training("straight", "cpu", EPOCHS)) {
                assertEquals(STEPS, training.run(TrainingListener.NONE).steps());
            }
        }
        return folder;
    }

    private void assertLikeStraight(Path folder) throws IOException {
        for (String file : List.of("metrics.csv", "checkpoints/step-00000060.safetensors", "checkpoints/best.safetensors")) {
            assertArrayEquals(Files.readAllBytes(straight().resolve(file)), Files.readAllBytes(folder.resolve(file)), file);
        }
    }

    private static TrainingListener from(int step, Runnable action) {
        return new TrainingListener() {
            private boolean done;

            @Override
            public void stepped(StepReport report) {
                if (!done && report.step() >= step) {
                    done = true;
                    action.run();
                }
            }
        };
    }

    private static void awaitMessage(Job job, String message) throws InterruptedException {
        while (!job.status().message().contains(message)) {
            Thread.sleep(5);
        }
    }

    @Test
    void jobsForOneDeviceRunOneAfterTheOther() throws IOException, InterruptedException {
        Job first = submit("first", "cpu", LONG);
        Job second = submit("second", "auto", EPOCHS);
        Job third = submit("third", "cpu", EPOCHS);
        assertEquals(List.of("j1", "j2", "j3"), jobs.list().stream().map(Job::id).toList());
        assertEquals(second, jobs.find("j2").orElseThrow());
        assertEquals(JobState.RUNNING, first.status().state());
        assertEquals("cpu", first.status().device());
        assertEquals(JobState.QUEUED, second.status().state());
        assertEquals("waits for cpu, which j1 has", second.status().message());
        first.add(from(3, first::stop));
        assertEquals(JobState.STOPPED, first.await().state());
        assertEquals(JobState.FINISHED, second.await().state());
        JobStatus end = third.await();
        assertEquals(JobState.FINISHED, end.state());
        assertEquals(STEPS, end.step());
        assertEquals(STEPS, end.totalSteps());
        assertEquals("flash-cpu", end.backend());
        assertTrue(end.stepsPerSecond() > 0 && end.loss() > 0, end::toString);
        assertLikeStraight(temp.resolve("second"));
        assertLikeStraight(temp.resolve("third"));
    }

    @Test
    void aPausedJobLetsTheNextOneRunAndGoesOnAsIfNothingHadHappened() throws IOException, InterruptedException {
        Job first = submit("first", "cpu", EPOCHS);
        Job second = submit("second", "cpu", LONG);
        first.add(from(4, first::pause));
        JobStatus paused = first.await(state -> state == JobState.PAUSED);
        assertTrue(paused.step() >= 4 && paused.step() < STEPS, paused::toString);
        assertTrue(Files.exists(temp.resolve("first/checkpoints").resolve(String.format("step-%08d.safetensors", paused.step()))));
        second.await(state -> state == JobState.RUNNING);
        first.resume();
        assertEquals(JobState.QUEUED, first.status().state());
        second.stop();
        assertEquals(JobState.FINISHED, first.await().state());
        assertLikeStraight(temp.resolve("first"));
    }

    @Test
    void aJobThatIsPausedAndResumedInTheSameStepGoesOn() throws IOException, InterruptedException {
        Job job = submit("run", "cpu", EPOCHS);
        job.add(from(4, () -> {
            job.pause();
            job.resume();
        }));
        assertEquals(JobState.FINISHED, job.await().state());
        assertLikeStraight(temp.resolve("run"));
    }

    @Test
    void aStoppedJobCanBeResumedByANewOne() throws IOException, InterruptedException {
        Job job = submit("run", "cpu", EPOCHS);
        assertThrows(IOException.class, () -> ConfiguredTraining.resume(workbench, temp.resolve("run"), null, null), "a job holds its folder");
        job.add(from(4, job::stop));
        JobStatus end = job.await();
        assertEquals(JobState.STOPPED, end.state());
        assertEquals(end.step(), job.result().orElseThrow().steps());
        Job next = jobs.submit(ConfiguredTraining.resume(workbench, temp.resolve("run"), null, null));
        assertEquals(JobState.FINISHED, next.await().state());
        assertLikeStraight(temp.resolve("run"));
        assertEquals("job j2 has finished and cannot be stopped", assertThrows(IllegalStateException.class, next::stop).getMessage());
        assertThrows(IllegalStateException.class, job::resume);
    }

    @Test
    void aJobThatWaitsCanBePausedAndStopped() throws IOException, InterruptedException {
        Job running = submit("running", "cpu", LONG);
        Job queued = submit("queued", "cpu", EPOCHS);
        queued.pause();
        assertEquals(JobState.PAUSED, queued.status().state());
        queued.stop();
        assertEquals(JobState.STOPPED, queued.await().state());
        RunDirectory.resume(temp.resolve("queued")).close();
        while (running.status().step() == 0) {
            Thread.sleep(5);
        }
        backends.clear();
        awaitMessage(running, "waits: no attention backend");
        running.stop();
        assertEquals(JobState.STOPPED, running.await().state());
    }

    @Test
    void aJobWaitsForItsBackendAndLetsOthersPass() throws IOException, InterruptedException {
        backends.add(new ReferenceBackend());
        ConfiguredTraining forced = training("forced", "cpu", EPOCHS, "attention.backend=flash-cpu");
        ConfiguredTraining free = training("free", "cpu", EPOCHS);
        List<AttentionBackend> all = List.copyOf(backends);
        backends.clear();
        Job first = jobs.submit(forced);
        assertEquals(JobState.QUEUED, first.status().state());
        assertTrue(first.status().message().startsWith("waits: no attention backend is called 'flash-cpu'"), first.status()::message);
        Job second = jobs.submit(free);
        assertEquals("waits: no attention backend is installed", second.status().message());
        backends.add(all.getLast());
        assertEquals(JobState.FINISHED, second.await().state());
        assertEquals(JobState.QUEUED, first.status().state());
        backends.addFirst(all.getFirst());
        assertEquals(JobState.FINISHED, first.await().state());
        assertLikeStraight(temp.resolve("forced"));
    }

    @Test
    void aPausedJobThatIsResumedWithoutABackendWaitsForOne() throws IOException, InterruptedException {
        Job job = submit("run", "cpu", EPOCHS);
        job.add(from(4, job::pause));
        job.await(state -> state == JobState.PAUSED);
        AttentionBackend backend = backends.removeFirst();
        job.resume();
        assertEquals(JobState.QUEUED, job.status().state());
        assertEquals("waits: no attention backend is installed", job.status().message());
        job.pause();
        assertEquals(JobState.PAUSED, job.status().state());
        job.resume();
        backends.add(backend);
        assertEquals(JobState.FINISHED, job.await().state());
        assertLikeStraight(temp.resolve("run"));
    }

    @Test
    void aRunThatIsResumedForTheQueueNeedsNothingYet() throws IOException, InterruptedException {
        training("run", "cpu", EPOCHS).close();
        AttentionBackend backend = backends.removeFirst();
        assertThrows(IllegalStateException.class, () -> ConfiguredTraining.resume(workbench, temp.resolve("run"), null, null));
        Job job = jobs.submit(ConfiguredTraining.resume(workbench, null, temp.resolve("run"), null, null, true));
        assertEquals(JobState.QUEUED, job.status().state());
        backends.add(backend);
        assertEquals(JobState.FINISHED, job.await().state());
        assertLikeStraight(temp.resolve("run"));
    }

    @Test
    void jobsWaitForTheirDevices() throws IOException, InterruptedException {
        ConfiguredTraining named = training("named", "cpu", EPOCHS);
        ConfiguredTraining any = training("any", "auto", EPOCHS);
        devices.clear();
        Job first = jobs.submit(named);
        Job second = jobs.submit(any);
        assertEquals("waits: there is no device; install the bundle org.bindrae.tensor.cpu", first.status().message());
        assertEquals("waits for a device: there is none", second.status().message());
        devices.add(card("card:0"));
        second.await(state -> state == JobState.RUNNING);
        awaitMessage(first, "waits: there is no device 'cpu'; there are card:0");
        second.stop();
        devices.add(device);
        assertEquals(JobState.FINISHED, first.await().state());
        assertLikeStraight(temp.resolve("named"));
    }

    /** Is able for some questions, then not until it may. */
    private record Fickle(AtomicInteger questions, AtomicBoolean may) implements AttentionBackend {
        private static final FlashCpuBackend GOOD = new FlashCpuBackend();

        @Override
        public String name() {
            return "fickle";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return may.get() || questions.decrementAndGet() >= 0 ? GOOD.check(config, pair, device, dtype) : Support.no("it is not itself");
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            return GOOD.attend(tape, inputs);
        }
    }

    @Test
    void aBackendThatGoesWhileAJobStartsIsWaitedFor() throws IOException, InterruptedException {
        ConfiguredTraining training = training("run", "cpu", EPOCHS);
        AtomicBoolean may = new AtomicBoolean();
        backends.set(0, new Fickle(new AtomicInteger(1), may));
        Job job = jobs.submit(training);
        awaitMessage(job, "waits: no attention backend can run this model: fickle: it is not itself");
        assertEquals(JobState.QUEUED, job.status().state());
        may.set(true);
        assertEquals(JobState.FINISHED, job.await().state());
        assertLikeStraight(temp.resolve("run"));
    }

    @Test
    void aJobThatFailsSaysWhyAndMakesRoom() throws IOException, InterruptedException {
        Job failing = submit("failing", "cpu", LONG);
        Job next = submit("next", "cpu", EPOCHS);
        failing.add(from(3, () -> {
            try {
                Files.move(temp.resolve("samples/a.safetensors"), temp.resolve("samples/a.away"));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }));
        next.pause();
        JobStatus end = failing.await();
        assertEquals(JobState.FAILED, end.state());
        assertTrue(end.message().contains("a.safetensors"), end::message);
        assertInstanceOf(IOException.class, failing.failure().orElseThrow());
        Files.move(temp.resolve("samples/a.away"), temp.resolve("samples/a.safetensors"));
        next.resume();
        assertEquals(JobState.FINISHED, next.await().state());
        assertLikeStraight(temp.resolve("next"));
    }

    @Test
    void theEndOfTheWorkbenchStopsAllJobsWithCheckpoints() throws IOException, InterruptedException {
        Job running = submit("running", "cpu", EPOCHS * 50);
        Job queued = submit("queued", "cpu", EPOCHS);
        while (running.status().step() < 3) {
            Thread.sleep(5);
        }
        jobs.close();
        assertEquals(JobState.STOPPED, running.status().state());
        assertEquals("job j2 is stopped; go on with: resume " + temp.resolve("queued"), queued.describe());
        String last = String.format("step-%08d.safetensors", running.status().step());
        assertEquals(last, running.result().orElseThrow().lastCheckpoint().getFileName().toString());
        assertEquals("the workbench stops and takes no more jobs",
                assertThrows(IllegalStateException.class, () -> submit("late", "cpu", EPOCHS)).getMessage());
        RunDirectory.resume(temp.resolve("late")).close();
    }

    @Test
    void aListenerMayEndTheWorkbench() throws IOException, InterruptedException {
        Job job = submit("run", "cpu", LONG);
        job.add(from(3, jobs::close));
        assertEquals(JobState.STOPPED, job.await().state());
    }

    /** A card, as far as the queue can tell. */
    private Device card(String name) {
        return (Device) Proxy.newProxyInstance(JobsTest.class.getClassLoader(), new Class<?>[] {Device.class}, (_, method, arguments) -> {
            if (method.getName().equals("name")) {
                return name;
            }
            try {
                return method.invoke(device, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    @Test
    void jobsThatNameNoDeviceTakeAFreeOneOfTheBestKind() throws IOException, InterruptedException {
        devices.addAll(0, List.of(card("card:0"), card("card:1")));
        Job first = submit("first", "auto", LONG);
        Job second = submit("second", "auto", LONG);
        Job third = submit("third", "auto", LONG);
        Job onProcessor = submit("processor", "cpu", EPOCHS);
        assertEquals(List.of("card:0", "card:1", "auto", "cpu"), jobs.list().stream().map(job -> job.status().device()).toList());
        assertEquals("waits for card:0, which j1 has, or card:1, which j2 has", third.status().message());
        assertEquals(JobState.FINISHED, onProcessor.await().state());
        assertEquals(JobState.QUEUED, third.status().state());
        second.stop();
        assertEquals("card:1", third.await(state -> state == JobState.RUNNING).device());
        // a card that comes while others work is found
        Job fourth = submit("fourth", "auto", LONG);
        assertEquals(JobState.QUEUED, fourth.status().state());
        devices.add(2, card("card:2"));
        assertEquals("card:2", fourth.await(state -> state == JobState.RUNNING).device());
        assertEquals(JobState.RUNNING, first.status().state());
    }

    @Test
    void aListenerThatThrowsHarmsNoRun() throws IOException, InterruptedException {
        Job job = submit("run", "cpu", EPOCHS);
        int[] calls = {0};
        job.add(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                calls[0]++;
                throw new IllegalStateException("the terminal is gone");
            }
        });
        assertEquals(JobState.FINISHED, job.await().state());
        assertEquals(1, calls[0]);
        assertFalse(job.failure().isPresent());
        assertLikeStraight(temp.resolve("run"));
    }
}
