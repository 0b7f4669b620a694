package org.bindrae.attention.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** A backend, the devices it is tried on, and the reference beside it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BackendTrials {
    private static final int THREADS = 2;

    private Device device;
    private CpuDevice host;
    private List<Precision> declared;

    /** The backend under test; may be a new one at each call. */
    protected abstract AttentionBackend backend();

    /**
     * A new device for the backend to run on, which {@link #close(Device)} closes: the processor, unless overridden.
     *
     * @param threads of the processor to use, where the device computes there
     */
    protected Device open(int threads) {
        return new CpuDevice(threads, true);
    }

    /** Closes what {@link #open} made. */
    protected void close(Device opened) {
        if (opened instanceof CpuDevice processor) {
            processor.close();
        }
    }

    /** The precisions to test: those that the device has and the backend declares for the layers of these tests. */
    protected List<Precision> precisions() {
        if (declared == null) {
            Device asked = open(1);
            try {
                declared = declaredOn(asked);
            } finally {
                close(asked);
            }
        }
        return declared;
    }

    /**
     * Whether it is meant that the backend refuses such layers. Unless overridden, a backend may refuse full pair terms, and takes layers of all other sizes in
     * every precision that it declares.
     */
    protected boolean mayRefuse(IpaConfig config, Class<? extends PairTerm> pair, Precision precision) {
        return pair == PairTerm.Full.class;
    }

    /** Whether the backend touches memory through the kernels of devices only, so that it may accept any: no, unless overridden. */
    protected boolean runsOnEveryDevice() {
        return false;
    }

    @BeforeEach
    final void openDevices() {
        device = open(THREADS);
        host = new CpuDevice(THREADS, true);
    }

    @AfterEach
    final void closeDevices() {
        host.close();
        close(device);
    }

    private List<Precision> declaredOn(Device asked) {
        List<Precision> able = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            try {
                Support support = check(config(2), PairTerm.Factors.class, view(asked, precision), precision.dtype());
                if (support.ok()) {
                    able.add(precision);
                } else {
                    reasons.add(precision + ": " + support.reason());
                }
            } catch (IllegalArgumentException e) {
                reasons.add(precision + ": " + e.getMessage());
            }
        }
        if (able.isEmpty()) {
            fail(backend().name() + " declares no precision on " + asked.name() + ": " + String.join("; ", reasons));
        }
        return able;
    }

    /** Small sizes, none a multiple of another. */
    static IpaConfig config(int rank) {
        return new IpaConfig(24, rank == 0 ? 0 : 16, 8, 3, 4, 6, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    static boolean isExact(Precision precision) {
        return precision == Precision.FP64 || precision == Precision.FP32;
    }

    private static Device view(Device opened, Precision precision) {
        return precision == Precision.FP64 ? opened : opened.withPrecision(precision);
    }

    /** The device of the test, computing in this precision. */
    Device device(Precision precision) {
        return view(device, precision);
    }

    Device host() {
        return host;
    }

    Support check(IpaConfig config, Class<? extends PairTerm> pair, Device on, DType dtype) {
        Support support = backend().check(config, pair, on, dtype);
        assertTrue(support.ok() || !support.reason().isBlank(), () -> backend().name() + " does not say why it refuses " + config);
        return support;
    }

    /** Whether the backend takes this layer; a failure if it refuses what it must not. */
    boolean accepts(AttentionBackend tried, IpaConfig config, Precision precision) {
        Support support = tried.check(config, config.pairForm(), device(precision), precision.dtype());
        if (!support.ok() && !mayRefuse(config, config.pairForm(), precision)) {
            fail(named(precision, config.toString()) + ": refused because " + support.reason() + " (where that is meant, mayRefuse says so)");
        }
        return support.ok();
    }

    String named(Precision precision, String what) {
        return backend().name() + " in " + precision + ", " + what;
    }

    /** Result and gradients; the test ends where the backend may refuse the layer and does. */
    Map<String, double[]> run(Precision precision, AttentionTrial trial) {
        assumeTrue(accepts(backend(), trial.config(), precision), () -> named(precision, "refuses " + trial.config()));
        return trial.run(backend(), device(precision), precision.dtype());
    }

    /** Result and gradients of the reference in double precision. */
    Map<String, double[]> reference(AttentionTrial trial) {
        return trial.run(new ReferenceBackend(), host, DType.F64);
    }

    /** Compares a trial with the reference, for tests of a backend's own; {@code what} names it. */
    protected final void assertAgrees(Precision precision, String what, AttentionTrial trial) {
        assertClose(precision, what, run(precision, trial), reference(trial));
    }

    /** Compares with the reference; all trials that fail are named. */
    void assertExact(Precision precision, Map<String, AttentionTrial> trials) {
        assertFalse(trials.isEmpty());
        assertAll(trials.entrySet().stream().filter(entry -> accepts(backend(), entry.getValue().config(), precision))
                .map(entry -> () -> assertAgrees(precision, entry.getKey(), entry.getValue())));
    }

    void assertClose(Precision precision, String what, Map<String, double[]> actual, Map<String, double[]> expected) {
        Deviation.assertClose(named(precision, what), actual, expected, AttentionTrial.RESULT, precision);
    }
}
