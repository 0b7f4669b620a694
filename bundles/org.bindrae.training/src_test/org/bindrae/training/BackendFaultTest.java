package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.MissingOperationsException;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.training.TrainingResult.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backend that fails in the middle of a run is taken out of service, and the run goes on as if nothing had happened. */
@Timeout(60)
class BackendFaultTest {
    private static final String LAST = "checkpoints/step-00000020.safetensors";
    /** Calls of the backend before the fault: two layers and one or two batches a step, and validations after each five steps. */
    private static final int CALLS = 25;
    @TempDir
    private static Path reference;
    @TempDir
    private Path temp;

    private final TinyRun.Ear ear = new TinyRun.Ear();
    private final List<String> faults = new ArrayList<>();
    private final CountDownLatch hangEnds = new CountDownLatch(1);

    @BeforeAll
    static void trainWithoutFaults() throws IOException {
        TinyRun.train(reference.resolve("run"), TinyRun.config(), 2, TrainingListener.NONE);
    }

    /** What a backend does instead of what it should; given what it should give. */
    private interface Fault {
        Tensor result(Tape tape, AttentionInputs inputs, Tensor right);
    }

    /** Computes what is right, so that the steps before its fault are those of any other. */
    private static final class Bad implements AttentionBackend {
        private final FlashCpuBackend good = new FlashCpuBackend();
        private final int from;
        private final int until;
        private final Fault fault;
        private int calls;

        /** @param times how often it fails */
        Bad(int times, Fault fault) {
            this(CALLS, times, fault);
        }

        /** @param from calls before it fails */
        Bad(int from, int times, Fault fault) {
            this.from = from;
            this.until = from + times;
            this.fault = fault;
        }

        @Override
        public String name() {
            return "bad";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return good.check(config, pair, device, dtype);
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor right = good.attend(tape, inputs);
            calls++;
            return calls > from && calls <= until ? fault.result(tape, inputs, right) : right;
        }
    }

    /** On a processor, with a backend of these. */
    private record Here(CpuDevice device, AttentionBackends backends, String name) implements Placement {
        @Override
        public Workbench.Place place() {
            return new Workbench.Place(device, DType.F32);
        }

        @Override
        public Stage1Model network(Workbench.Place place) {
            return TinyRun.model(device, false);
        }

        @Override
        public AttentionBackends.Choice attention(Workbench.Place place) {
            return backends.choose(name, TinyRun.network(false, 0).ipaConfig(new Flash1dBias()), place.device(), place.dtype());
        }

        @Override
        public Change change() {
            return null;
        }

        @Override
        public Duration patience() {
            return Duration.ofMillis(700);
        }
    }

    private TrainingResult train(Path folder, AttentionBackends backends, String name, TrainingListener listener) throws IOException {
        TrainingListener faultsToo = new TrainingListener() {
            @Override
            public void backendFailed(String backend, String reason) {
                faults.add(backend + " " + reason);
            }
        };
        try (CpuDevice device = new CpuDevice(2, true); RunDirectory run = TinyRun.create(folder)) {
            return new Trainer(TinyRun.config(), new Here(device, backends, name), TinyRun.training(), TinyRun.validation(), run,
                    ear.and(faultsToo).and(listener)).run();
        }
    }

    /** Trains with a backend that fails and a good one, and expects the result of a run without faults. */
    private String survives(int times, Fault fault) throws IOException {
        return survives(new Bad(times, fault));
    }

    private String survives(AttentionBackend bad) throws IOException {
        Path folder = Files.createTempDirectory(temp, "run");
        AttentionBackends backends = AttentionBackends.of(bad, new FlashCpuBackend());
        faults.clear();
        ear.backends.clear();
        assertEquals(Outcome.FINISHED, train(folder, backends, AttentionBackends.AUTO, TrainingListener.NONE).outcome());
        for (String file : List.of("metrics.csv", LAST, "checkpoints/best.safetensors")) {
            assertArrayEquals(Files.readAllBytes(reference.resolve("run").resolve(file)), Files.readAllBytes(folder.resolve(file)), file);
        }
        assertEquals(1, faults.size(), faults::toString);
        assertEquals(List.of("bad", "flash-cpu"), ear.backends);
        String reason = backends.outOfService().fault(bad).orElseThrow().reason();
        assertEquals("bad " + reason, faults.getFirst());
        assertEquals(1, Files.readString(RunDirectory.historyFile(folder)).lines()
                .filter(line -> line.contains("\"event\":\"backend\"") && line.contains("\"out_of_service\":")).count());
        return reason;
    }

    private static Tensor poisoned(Tensor tensor, double value) {
        double[] values = tensor.toDoubles();
        values[values.length / 2] = value;
        return tensor.set(values);
    }

    @Test
    void oneThatThrowsIsReplaced() throws IOException {
        assertEquals("threw java.lang.IllegalStateException: no such luck", survives(1, (_, _, _) -> {
            throw new IllegalStateException("no such\nluck");
        }));
        assertEquals("threw java.lang.NoClassDefFoundError: org/example/Gone", survives(1, (_, _, _) -> {
            throw new NoClassDefFoundError("org/example/Gone");
        }));
        assertEquals("threw java.lang.ArithmeticException: in the backward pass", survives(1, (tape, _, right) -> {
            tape.record(() -> {
                throw new ArithmeticException("in the backward pass");
            });
            return right;
        }));
        assertEquals("threw java.lang.ArrayIndexOutOfBoundsException: on another thread", survives(1, (tape, _, _) -> {
            ((HostDevice) tape.device()).parallel(100, 1, (from, _) -> {
                if (from == 70) {
                    throw new ArrayIndexOutOfBoundsException("on another thread");
                }
            });
            throw new AssertionError("not thrown on");
        }));
    }

    @Test
    void itDoesNotMatterWhen() throws IOException {
        Set<String> reasons = new HashSet<>();
        // in the first step, in steps and in a validation
        for (int from : new int[] {0, 9, 16, 18, 20, 22, 24, 26}) {
            survives(new Bad(from, 1, (_, _, _) -> {
                throw new IllegalStateException("no such luck");
            }));
            reasons.add(survives(new Bad(from, 1000, (_, _, right) -> poisoned(right, Double.NaN))));
            reasons.add(survives(new Bad(from, 1, (_, _, right) -> poisoned(right, Double.NaN))));
        }
        assertTrue(reasons.contains("gave a result that is not finite in a validation, for numbers that are"), reasons::toString);
        assertTrue(reasons.contains("gave something in a validation that was not finite, and was when it was asked again"), reasons::toString);
    }

    @Test
    void oneThatGivesSomethingElseIsReplaced() throws IOException {
        assertTrue(survives(1, (_, _, _) -> null).startsWith("gave null instead of "));
        assertTrue(survives(1, (tape, _, _) -> tape.scratch(DType.F32, Shape.of(3, 5))).startsWith("gave "));
    }

    @Test
    void oneThatGivesNaNIsReplaced() throws IOException {
        assertTrue(survives(1000, (_, _, right) -> poisoned(right, Double.NaN)).startsWith("gave a result that is not finite in step "));
        assertTrue(survives(1000, (_, _, right) -> poisoned(right, Double.NEGATIVE_INFINITY)).startsWith("gave a result that is not finite in step "));
        assertTrue(survives(1000, (tape, inputs, right) -> {
            // runs before what is right is added
            tape.record(() -> poisoned(tape.gradient(inputs.kv()), Double.NaN));
            return right;
        }).startsWith("gave gradients that are not finite in step "));
    }

    @Test
    void oneThatGivesNaNOnceIsReplaced() throws IOException {
        String reason = survives(1, (_, _, right) -> poisoned(right, Double.NaN));
        assertTrue(reason.matches("gave something in step \\d+ that was not finite, and was when it was asked again"), reason);
    }

    @Test
    void oneThatHangsIsLeftBehind() throws IOException, InterruptedException {
        String reason = survives(1, (_, _, right) -> {
            hang();
            return right;
        });
        assertTrue(reason.matches("did not return after step \\d+ within 0.7 s"), reason);
        assertTrue(threads("bindrae-run") > 0, "it does not hang any more");
        hangEnds.countDown();
        for (int wait = 0; threads("bindrae-run") + threads("bindrae-batches") > 0; wait++) {
            assertTrue(wait < 1000, "threads are left");
            Thread.sleep(10);
        }
    }

    @Test
    void oneWhoseThreadsHangIsLeftBehind() throws IOException {
        survives(1, (tape, _, right) -> {
            ((HostDevice) tape.device()).parallel(100, 1, (_, _) -> hang());
            return right;
        });
        hangEnds.countDown();
    }

    private void hang() {
        boolean waiting = true;
        while (waiting) {
            try {
                hangEnds.await();
                waiting = false;
            } catch (InterruptedException e) {
                // like one that hangs
            }
        }
    }

    private static long threads(String name) {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(name)).count();
    }

    @Test
    void theRunPausesWhereThereIsNoOtherOne() throws IOException {
        AttentionBackend bad = new Bad(1, (_, _, _) -> {
            throw new IllegalStateException("no such luck");
        });
        AttentionBackends backends = AttentionBackends.of(bad);
        train(temp.resolve("alone"), backends, AttentionBackends.AUTO, backAfterPause(backends, bad));
        assertEquals(List.of("no attention backend can run this model: bad: out of service because it threw java.lang.IllegalStateException: no such luck"),
                ear.pauses);
        assertEquals(List.of("bad", "bad"), ear.backends);
        assertArrayEquals(Files.readAllBytes(reference.resolve("run/metrics.csv")), Files.readAllBytes(temp.resolve("alone/metrics.csv")));
    }

    @Test
    void aForcedOneIsNotReplaced() throws IOException {
        AttentionBackend bad = new Bad(1, (_, _, _) -> {
            throw new IllegalStateException("no such luck");
        });
        AttentionBackends backends = AttentionBackends.of(bad, new FlashCpuBackend());
        train(temp.resolve("forced"), backends, "bad", backAfterPause(backends, bad));
        assertEquals(List.of(
                "attention backend bad: out of service because it threw java.lang.IllegalStateException: no such luck; choose another one or auto"),
                ear.pauses);
        assertEquals(List.of("bad", "bad"), ear.backends);
    }

    private static TrainingListener backAfterPause(AttentionBackends backends, AttentionBackend backend) {
        return new TrainingListener() {
            @Override
            public void paused(String reason) {
                backends.outOfService().remove(backend);
            }
        };
    }

    @Test
    void whatIsNoFaultOfTheBackendIsNotBlamedOnIt() throws IOException {
        AttentionBackend poor = new Bad(1, (_, _, _) -> {
            throw new OutOfMemoryError("Java heap space");
        });
        AttentionBackends backends = AttentionBackends.of(poor, new FlashCpuBackend());
        assertThrows(OutOfMemoryError.class, () -> train(temp.resolve("poor"), backends, AttentionBackends.AUTO, TrainingListener.NONE));
        AttentionBackend waiting = new Bad(1, (_, _, _) -> {
            throw new MissingOperationsException(HostDevice.class, "not there");
        });
        AttentionBackends others = AttentionBackends.of(waiting, new FlashCpuBackend());
        // a processor never brings operations, so that the run would wait for ever
        TrainingListener interrupting = new TrainingListener() {
            @Override
            public void paused(String reason) {
                Thread.currentThread().interrupt();
            }
        };
        assertEquals(Outcome.INTERRUPTED, train(temp.resolve("waiting"), others, AttentionBackends.AUTO, interrupting).outcome());
        assertEquals(List.of(), faults);
        assertFalse(backends.outOfService().fault(poor).isPresent() || others.outOfService().fault(waiting).isPresent());
    }

    @Test
    void aDeviceThatHangsIsNotBlamedOnTheBackend() {
        Watch watch = new Watch();
        BackendGuard guard = new BackendGuard(TinyRun.FLASH, Device.Lease.PERMANENT, () -> Duration.ofMillis(200), watch);
        HangException hang = assertThrows(HangException.class, () -> watch.run(() -> guard.call(List.of(), _ -> {
            hang();
            return null;
        })));
        assertFalse(hang.isOfBackend());
        hangEnds.countDown();
    }
}
