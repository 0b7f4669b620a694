package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TapeTest {
    private final CpuDevice device = new CpuDevice(1, true);
    private final TensorArena arena = device.arena();

    @AfterEach
    void close() {
        arena.close();
        device.close();
    }

    private Tensor values(double... values) {
        return arena.allocate(DType.F64, Shape.of(values.length)).set(values);
    }

    @Test
    void inferenceRecordsNothing() {
        Tape tape = Tape.inference(arena);
        Tensor x = tape.variable(values(1, 2));
        Tensor y = Ops.scale(tape, x, 3);
        assertFalse(y.requiresGradient());
        assertThrows(IllegalStateException.class, () -> tape.backward(y, 1));
    }

    @Test
    void gradientsOfLeavesAccumulateOverSteps() {
        Tensor parameter = values(1, 2).withGradient(arena.zeros(DType.F64, Shape.of(2)));
        for (int step = 0; step < 2; step++) {
            Tape tape = Tape.recording(arena);
            tape.backward(Ops.weightedSum(tape, Ops.multiply(tape, parameter, parameter, Broadcast.NONE), null));
        }
        assertArrayEquals(new double[] {4, 8}, parameter.gradient().toDoubles());
    }

    @Test
    void whatDoesNotReachTheLossChangesNothing() {
        Tape tape = Tape.recording(arena);
        Tensor x = tape.variable(values(3));
        Ops.scale(tape, x, 100);
        Tensor loss = Ops.scale(tape, x, 2);
        tape.backward(loss, 0.5);
        assertArrayEquals(new double[] {1}, x.gradient().toDoubles());
    }

    @Test
    void detachedTensorsAreConstants() {
        Tape tape = Tape.recording(arena);
        Tensor x = tape.variable(values(3));
        Tensor y = Ops.multiply(tape, x, x.detach(), Broadcast.NONE);
        tape.backward(y);
        assertArrayEquals(new double[] {3}, x.gradient().toDoubles());
        assertNull(tape.gradient(x.detach()));
    }

    @Test
    void viewsShareTheirGradient() {
        Tape tape = Tape.recording(arena);
        Tensor x = tape.variable(values(1, 2, 3, 4));
        tape.backward(Ops.weightedSum(tape, Ops.splitColumns(tape, x.reshape(2, 2), 1, 1).get(1), null));
        assertArrayEquals(new double[] {0, 1, 0, 1}, x.gradient().toDoubles());
        assertThrows(IllegalArgumentException.class, () -> x.reshape(3));
    }

    @Test
    void onlyScalarsAreLosses() {
        Tape tape = Tape.recording(arena);
        Tensor x = tape.variable(values(1, 2));
        assertThrows(IllegalArgumentException.class, () -> tape.backward(Ops.scale(tape, x, 1)));
        assertThrows(IllegalStateException.class, () -> tape.backward(values(1)));
        assertThrows(IllegalStateException.class, () -> tape.variable(tape.indices(1)));
    }

    @Test
    void tensorsKeepTheirValues() {
        assertEquals("F64[2]@cpu", values(1, 2).toString());
        assertArrayEquals(new float[] {1, 2}, values(1, 2).toFloats());
        assertEquals(5, values(5).item());
        assertThrows(IllegalStateException.class, () -> values(1, 2).item());
        assertThrows(IllegalArgumentException.class, () -> values(1, 2).set(1.0));
        assertEquals(7, arena.allocate(DType.I32, Shape.of(2)).set(3, 7).intAt(1));
    }
}
