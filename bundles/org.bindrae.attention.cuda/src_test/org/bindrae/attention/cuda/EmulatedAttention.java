package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionCheck;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Trials of the attention with the kernels compiled for the processor. */
abstract class EmulatedAttention {
    static final Packing UNEVEN = Packing.ofLengths(1, 0, 37, 70);

    private final Precision precision;
    private final FlashCudaBackend backend = new FlashCudaBackend();
    private final CpuDevice host = new CpuDevice(2, true);
    private CudaDevice device;

    EmulatedAttention(Precision precision) {
        this.precision = precision;
    }

    @BeforeEach
    void openDevice() {
        assumeTrue(EmulatedDriver.isBuilt(), "gpu-native/build.sh emulator builds what runs the kernels on the processor");
        device = EmulatedDriver.device(precision, new EmulatedCentring());
    }

    @AfterEach
    void closeDevices() {
        host.close();
        if (device != null) {
            device.close();
        }
    }

    CudaDevice device() {
        return device;
    }

    Map<String, double[]> run(AttentionTrial trial, DType dtype) {
        return trial.run(backend, device, dtype);
    }

    /** The result alone, without what gradients need. */
    double[] infer(AttentionTrial trial, CudaDevice view) {
        try (TensorArena arena = view.arena()) {
            Tape tape = Tape.inference(arena);
            return backend.attend(tape, trial.inputs(tape, trial.variables(tape, DType.F32))).toDoubles();
        }
    }

    AttentionCheck check(DType dtype) {
        return new AttentionCheck(backend, device, dtype, new AttentionReference(new ReferenceBackend(), host));
    }

    void assertAgrees(AttentionTrial trial, DType dtype) {
        List<VectorRow> rows = check(dtype).compare(dtype.name(), trial);
        assertFalse(rows.isEmpty());
        rows.forEach(row -> assertTrue(row.passes(), row::toString));
    }

    /** These sequences alone, in this order. */
    static AttentionTrial alone(AttentionTrial trial, int... sequences) {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        trial.arrays().forEach((name, values) -> arrays.put(name, name.equals(AttentionTrial.HEAD_WEIGHTS) ? values : rows(trial, values, sequences)));
        return new AttentionTrial(trial.config(), Packing.ofLengths(IntStream.of(sequences).map(trial.packing()::length).toArray()), arrays);
    }

    /** What belongs to these sequences. */
    static double[] rows(AttentionTrial trial, double[] values, int... sequences) {
        Packing packing = trial.packing();
        int width = values.length / packing.total();
        return IntStream.of(sequences).boxed().flatMapToDouble(s -> Arrays.stream(values, packing.start(s) * width, packing.end(s) * width)).toArray();
    }
}
