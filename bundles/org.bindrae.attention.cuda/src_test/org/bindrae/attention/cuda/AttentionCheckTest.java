package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionCheck;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whether the comparison of backends notices what is wrong. */
class AttentionCheckTest {
    private static final AttentionTrial TRIAL = AttentionTrial.random(new IpaConfig(8, 8, 4, 2, 3, 2, 2, 1), Packing.ofLengths(7, 0, 5), 10, 50, 1);

    private final CpuDevice host = new CpuDevice(1, true);

    @AfterEach
    void closeDevice() {
        host.close();
    }

    /** The exact result, and what a fault makes of it. */
    private record Faulty(UnaryOperator<AttentionInputs> inputs, UnaryOperator<Tensor> result) implements AttentionBackend {
        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return Support.YES;
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs given) {
            return result.apply(new ReferenceBackend().attend(tape, inputs.apply(given)));
        }
    }

    private AttentionCheck check(UnaryOperator<AttentionInputs> inputs, UnaryOperator<Tensor> result, DType dtype) {
        return new AttentionCheck(new Faulty(inputs, result), host, dtype, new AttentionReference(new ReferenceBackend(), host));
    }

    private static Tensor change(Tensor tensor, int index, double factor) {
        double[] values = tensor.toDoubles();
        values[index] *= factor;
        return tensor.set(values);
    }

    @Test
    void rightOnesPass() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            List<VectorRow> rows = check(inputs -> inputs, result -> result, dtype).compare("right", TRIAL);
            assertEquals(2, rows.size());
            rows.forEach(row -> assertTrue(row.passes(), row::toString));
            assertTrue(check(inputs -> inputs, result -> result, dtype).repeat("right", TRIAL, 2).passes());
        }
    }

    @Test
    void wrongResultFailsAlone() {
        List<VectorRow> rows = check(inputs -> inputs, result -> change(result, 3, 1.01), DType.F32).compare("wrong", TRIAL);
        assertFalse(rows.get(0).passes());
        assertTrue(rows.get(1).passes());
        assertFalse(check(inputs -> inputs, result -> change(result, 3, Double.NaN), DType.F32).compare("wrong", TRIAL).get(0).passes());
    }

    @Test
    void gradientThatDoesNotArriveIsTheWorst() {
        List<VectorRow> rows = check(inputs -> new AttentionInputs(inputs.config(), inputs.packing(), inputs.q(), inputs.kv(), inputs.qPoints().detach(),
                inputs.kvPoints(), inputs.rot(), inputs.trans(), inputs.headWeights(), inputs.pair()), result -> result, DType.F64).compare("lost", TRIAL);
        assertTrue(rows.get(0).passes());
        assertFalse(rows.get(1).passes());
        assertTrue(rows.get(1).quantity().contains("qPoints"), rows.get(1).quantity());
    }

    @Test
    void bitsThatChangeAreCounted() {
        int[] runs = {0};
        VectorRow row = check(inputs -> inputs, result -> change(result, 0, ++runs[0]), DType.F64).repeat("restless", TRIAL, 2);
        assertEquals(2, row.error());
        assertFalse(row.passes());
    }
}
