package org.bindrae.training.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.cuda.FlashCudaBackend;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.ResidueEmbedders;
import org.bindrae.geometry.LossKernels;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.training.Compute;
import org.bindrae.training.Placement;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StepReport;
import org.bindrae.training.Trainer;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.TrainingResult.Outcome;
import org.bindrae.training.TrainingSet;
import org.bindrae.training.ValidationReport;
import org.bindrae.training.Workbench;
import org.bindrae.training.cuda.internal.CudaConditioner;
import org.bindrae.training.cuda.internal.CudaEdgeFeatures;
import org.bindrae.training.cuda.internal.CudaGeometry;
import org.bindrae.training.cuda.internal.CudaLosses;
import org.bindrae.training.models.PretrainedModels;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The run of {@link TrainingOnCudaTest}, whose card, or what runs on it, is taken away while it trains. */
@Timeout(60)
class DeviceGoesAwayTest {
    /** After it another one is under way, which nothing but the leave makes the run wait for. */
    private static final long STEP = 2;
    private static final AttentionBackends BACKENDS = AttentionBackends.of(new FlashCudaBackend(), new FlashCpuBackend());

    @TempDir
    private Path temp;

    private final List<Device> devices = new CopyOnWriteArrayList<>();
    private final List<Stage1Model> networks = new ArrayList<>();
    private final Losses losses = new Losses();
    private CpuDevice host;
    private Card card;

    /** An emulated card, and how it was left. */
    private final class Card {
        private final EmulatedDriver driver = EmulatedDriver.open();
        private final CudaDevice device = EmulatedDriver.device(driver, Precision.FP32, new CudaGeometry.Provider(), new CudaEdgeFeatures.Provider(),
                new CudaConditioner.Provider(), losses);

        /** As when its bundle is stopped: on a thread of its own, after the service has gone. Returns when the device has begun to go away. */
        CompletableFuture<Void> stop() {
            devices.remove(device);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(device::close);
            awaitRevocation(device);
            return stopped;
        }

        private void requireEmpty() {
            assertEquals(0, driver.allocated());
            assertEquals(0, driver.openHandles());
        }
    }

    /** Operations of a bundle that can be stopped. */
    private static final class Losses implements CudaOperations<LossKernels> {
        private final CudaLosses.Provider provider = new CudaLosses.Provider();
        private volatile boolean away;

        @Override
        public Class<LossKernels> type() {
            return away ? null : provider.type();
        }

        @Override
        public LossKernels on(CudaDevice device) {
            return provider.on(device);
        }
    }

    /** Where the run is computed: what a configuration says, of the devices that are there. */
    private final class Places implements Placement {
        private final Workbench workbench = new Workbench(host, () -> new Devices(devices), () -> BACKENDS, () -> new EdgeModes(List.of()),
                () -> new ResidueEmbedders(List.of()), () -> new PretrainedModels(List.of()));
        private final Compute compute;

        Places(String device) {
            compute = new Compute(device, "fp64");
        }

        @Override
        public Workbench.Place place() {
            return workbench.place(compute);
        }

        @Override
        public Stage1Model network(Workbench.Place place) {
            networks.add(new Stage1Model(place.device(), place.dtype(), TrainingOnCudaTest.network(), new Flash1dBias(), 3));
            return networks.getLast();
        }

        @Override
        public AttentionBackends.Choice attention(Workbench.Place place) {
            return BACKENDS.choose(AttentionBackends.AUTO, TrainingOnCudaTest.network().ipaConfig(new Flash1dBias()), place.device(), place.dtype());
        }

        @Override
        public Change change() {
            return null;
        }
    }

    /** Does something once, in the middle of the run. */
    private static class Ear extends TrainingOnCudaTest.Ear {
        private final List<String> moves = new ArrayList<>();
        private final List<String> pauses = new ArrayList<>();
        private final Runnable action;

        Ear(Runnable action) {
            this.action = action;
        }

        @Override
        public void stepped(StepReport report) {
            super.stepped(report);
            if (report.step() == STEP) {
                action.run();
            }
        }

        @Override
        public void moved(String device, String reason) {
            moves.add(device + ": " + reason);
        }

        @Override
        public void paused(String reason) {
            pauses.add(reason);
        }
    }

    @BeforeEach
    void makeDevices() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
        host = new CpuDevice(2, true);
        card = new Card();
        devices.addAll(List.of(card.device, host));
    }

    @AfterEach
    void close() {
        if (host != null) {
            devices.stream().filter(CudaDevice.class::isInstance).forEach(device -> ((CudaDevice) device).close());
            host.close();
        }
    }

    private static void awaitRevocation(CudaDevice device) {
        boolean there = true;
        while (there) {
            try {
                device.lease().close();
                Thread.onSpinWait();
            } catch (IllegalStateException e) {
                there = false;
            }
        }
    }

    private TrainingResult train(String folder, String device, TrainingOnCudaTest.Ear ear) throws IOException {
        try (RunDirectory run = TrainingOnCudaTest.open(temp.resolve(folder))) {
            return new Trainer(TrainingOnCudaTest.config(4), new Places(device), TrainingOnCudaTest.training(), validation(), run, ear).run();
        }
    }

    /** Three batches. */
    private static TrainingSet validation() {
        return TrainingOnCudaTest.set("v", 6);
    }

    private void assertAsIfNothingHadHappened(String folder, TrainingOnCudaTest.Ear ear) throws IOException {
        TrainingOnCudaTest.Ear straight = new TrainingOnCudaTest.Ear();
        train("straight", "cpu", straight);
        TrainingOnCudaTest.assertSameSteps(straight, ear, 0, 1e-9);
        assertEquals(straight.validations.stream().map(ValidationReport::step).toList(), ear.validations.stream().map(ValidationReport::step).toList());
        assertEquals(rows("straight"), rows(folder));
        assertEquals(LongStream.rangeClosed(1, TrainingOnCudaTest.STEPS).mapToObj(step -> step + ",training").toList(),
                rows(folder).stream().filter(row -> row.endsWith("training")).toList());
        for (Stage1Model network : networks) {
            if (network.parameters().device() == host) {
                assertThrows(IllegalStateException.class, () -> network.parameters().all().values().iterator().next().toDoubles());
            }
        }
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals("bindrae-batches")));
    }

    /** Step and part of each row of the metrics. */
    private List<String> rows(String folder) throws IOException {
        return Files.readAllLines(RunDirectory.metricsFile(temp.resolve(folder))).stream().skip(1).map(row -> row.split(",")).map(row -> row[0] + "," + row[2])
                .toList();
    }

    private List<String> history(String folder, String event) throws IOException {
        return Files.readAllLines(RunDirectory.historyFile(temp.resolve(folder))).stream().filter(line -> line.contains("\"event\":\"" + event + "\""))
                .toList();
    }

    @Test
    void theRunGoesOnOnTheProcessor() throws IOException {
        List<CompletableFuture<Void>> stopped = new ArrayList<>();
        Ear ear = new Ear(() -> stopped.add(card.stop()));
        assertEquals(Outcome.FINISHED, train("moved", Devices.AUTO, ear).outcome());
        stopped.getFirst().join();
        card.requireEmpty();
        assertEquals(List.of("cpu: cuda:0 went away"), ear.moves);
        assertEquals(List.of(), ear.pauses);
        String line = history("moved", "device").getFirst();
        // the step after the one that was heard had begun
        assertTrue(line.contains("\"step\":" + (STEP + 1) + ",\"device\":\"cpu\",") && line.contains("\"reason\":\"cuda:0 went away\""), line);
        assertTrue(history("moved", "backend").getLast().contains("flash-cpu"));
        assertAsIfNothingHadHappened("moved", ear);
    }

    @Test
    void aRunThatNeedsTheCardWaitsUntilItIsBack() throws IOException {
        List<CompletableFuture<Void>> stopped = new ArrayList<>();
        Ear ear = new Ear(() -> stopped.add(card.stop())) {
            @Override
            public void paused(String reason) {
                super.paused(reason);
                stopped.getFirst().join();
                card.requireEmpty();
                devices.addFirst(new Card().device);
            }
        };
        assertEquals(Outcome.FINISHED, train("waited", "cuda:0", ear).outcome());
        assertEquals(1, ear.pauses.size());
        assertTrue(ear.pauses.getFirst().startsWith("there is no device 'cuda:0'; there are cpu"), ear.pauses.getFirst());
        assertEquals(List.of("cuda:0: cuda:0 is back"), ear.moves);
        assertEquals(1, history("waited", "device").size());
        assertEquals(2, history("waited", "memory").size());
        assertAsIfNothingHadHappened("waited", ear);
    }

    @Test
    void aRunThatWaitsForItsCardCanBeInterruptedAndResumed() throws IOException {
        Ear first = new Ear(card::stop) {
            @Override
            public void paused(String reason) {
                Thread.currentThread().interrupt();
            }
        };
        TrainingResult result = train("run", "cuda:0", first);
        assertEquals(Outcome.INTERRUPTED, result.outcome());
        assertEquals(STEP + 1, result.steps());
        assertEquals(STEP + 1, first.steps.size());
        TrainingOnCudaTest.Ear second = new TrainingOnCudaTest.Ear();
        assertEquals(Outcome.FINISHED, train("run", "cpu", second).outcome());
        first.steps.addAll(second.steps);
        first.validations.addAll(second.validations);
        assertAsIfNothingHadHappened("run", first);
    }

    @Test
    void aValidationThatWasBegunIsBegunAnewElsewhere() throws IOException {
        List<Long> heard = new ArrayList<>();
        Ear ear = new Ear(() -> {
        }) {
            @Override
            public void validating(long done, long total) {
                heard.add(done);
                if (heard.size() == 1) {
                    card.stop();
                }
            }
        };
        assertEquals(Outcome.FINISHED, train("validated", Devices.AUTO, ear).outcome());
        assertEquals(List.of("cpu: cuda:0 went away"), ear.moves);
        assertEquals(List.of(2L, 2L, 4L, 6L, 2L, 4L, 6L), heard);
        assertAsIfNothingHadHappened("validated", ear);
    }

    @Test
    void aRunWaitsForOperationsThatWereStopped() throws IOException {
        Ear ear = new Ear(() -> losses.away = true) {
            @Override
            public void paused(String reason) {
                super.paused(reason);
                losses.away = false;
            }
        };
        assertEquals(Outcome.FINISHED, train("waited", Devices.AUTO, ear).outcome());
        assertFalse(ear.pauses.isEmpty());
        assertTrue(ear.pauses.getFirst().startsWith("nothing installed brings LossKernels to cuda:0"), ear.pauses.getFirst());
        assertEquals(List.of(), ear.moves);
        assertAsIfNothingHadHappened("waited", ear);
    }

    @Test
    void aRunThatWaitsForOperationsLeavesItsDeviceAllTheSame() throws IOException {
        Ear ear = new Ear(() -> losses.away = true) {
            @Override
            public void paused(String reason) {
                super.paused(reason);
                card.stop();
            }
        };
        assertEquals(Outcome.FINISHED, train("moved", Devices.AUTO, ear).outcome());
        assertEquals(List.of("cpu: cuda:0 went away"), ear.moves);
        assertAsIfNothingHadHappened("moved", ear);
    }

    @Test
    void withANetworkThatStaysTheRunEndsWithACheckpoint() throws IOException {
        Ear first = new Ear(card::stop);
        try (RunDirectory run = TrainingOnCudaTest.open(temp.resolve("run"));
                Stage1Model model = new Stage1Model(card.device, DType.F64, TrainingOnCudaTest.network(), new Flash1dBias(), 3)) {
            var choice = new AttentionBackends.Choice(new FlashCudaBackend(), "for tests");
            TrainingResult result = new Trainer(TrainingOnCudaTest.config(4), model, TrainingOnCudaTest.training(), validation(), () -> choice, run, first)
                    .run();
            assertEquals(Outcome.INTERRUPTED, result.outcome());
            assertEquals(STEP + 1, result.steps());
        }
        assertTrue(history("run", "interrupted").getFirst().contains("cuda:0 went away"));
        TrainingOnCudaTest.Ear second = new TrainingOnCudaTest.Ear();
        train("run", "cpu", second);
        first.steps.addAll(second.steps);
        first.validations.addAll(second.validations);
        assertAsIfNothingHadHappened("run", first);
    }

    @Test
    void aCardThatDoesNotWaitMakesTheRunFailWithAClearMessage() {
        Ear ear = new Ear(() -> {
            Thread stopping = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                card.device.close();
            });
            try {
                stopping.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> train("run", Devices.AUTO, ear));
        assertTrue(e.getMessage().startsWith("cuda:0 went away before the run could leave it"), e.getMessage());
        assertEquals(0, card.driver.allocated());
    }
}
