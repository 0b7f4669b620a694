package org.bindrae.stage1.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;

import org.bindrae.data.Sample;
import org.bindrae.geometry.Frames;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.RandomComplexes;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.TinyModel;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LigandConditionerTest {
    private static final Stage1Config CONFIG = TinyModel.config(false, false);

    private final CpuDevice device = new CpuDevice();
    private final TensorArena arena = device.arena();
    private final Parameters parameters = new Parameters(device, DType.F64, 3);
    private final LigandConditioner conditioner = new LigandConditioner(parameters, CONFIG);
    private final LigandGate gate = new LigandGate(parameters.scope("gate"), true, 10);

    @AfterEach
    void close() {
        parameters.close();
        arena.close();
        device.close();
    }

    private double[] condition(double[] s, Sample... samples) {
        ModelInput input = RandomComplexes.input(TinyModel.EMBEDDING, samples);
        Tape tape = Tape.inference(arena);
        Frames frames = Frames.of(arena, DType.F64, input.frames());
        LigandGate.Opening opening = gate.open(tape, DType.F64, input.residues(), input.tokens());
        Tensor rows = arena.allocate(DType.F64, Shape.of(input.residues().total(), CONFIG.cS())).set(s);
        return conditioner.forward(tape, rows, opening == null ? null : conditioner.look(tape, frames, input), opening).toDoubles();
    }

    private static double[] residues(int count) {
        return Slopes.random("s", count * CONFIG.cS());
    }

    @Test
    void samplesWithoutLigandStayExactlyAsTheyAre() {
        gate.setStep(10);
        TinyModel.shake(parameters.trainable());
        double[] s = residues(9);
        double[] conditioned = condition(s, RandomComplexes.sample("apo", 4, 0, 1), RandomComplexes.sample("holo", 5, 3, 2));
        assertArrayEquals(Arrays.copyOf(s, 4 * CONFIG.cS()), Arrays.copyOf(conditioned, 4 * CONFIG.cS()));
        assertTrue(IntStream.range(4, 9).allMatch(i -> conditioned[i * CONFIG.cS()] != s[i * CONFIG.cS()]));
    }

    @Test
    void theScaleStartsAtTheIdentity() {
        gate.setStep(10);
        double[] s = residues(5);
        double[] doubled = Arrays.stream(s).map(x -> 2 * x).toArray();
        Sample sample = RandomComplexes.sample("holo", 5, 3, 2);
        parameters.all().get("linear_q.weight").set(new double[CONFIG.cS() * CONFIG.cS()]);
        double[] first = condition(s, sample);
        double[] second = condition(doubled, sample);
        double change = 0;
        for (int i = 0; i < s.length; i++) {
            // the context does not depend on s here, so neither does what is added
            assertEquals(first[i] - s[i], second[i] - doubled[i], 1e-12);
            change = Math.max(change, Math.abs(first[i] - s[i]));
        }
        assertTrue(change > 0 && change < 0.2, "changed by " + change);
    }

    @Test
    void aClosedGateIsNoGate() {
        Tape tape = Tape.inference(arena);
        assertNull(gate.open(tape, DType.F64, Packing.ofLengths(2), Packing.ofLengths(3)));
        gate.setStep(1);
        assertNull(gate.open(tape, DType.F64, Packing.ofLengths(2), Packing.ofLengths(0)));
        assertArrayEquals(new double[] {0.1, 0.1, 0}, gate.open(tape, DType.F64, Packing.ofLengths(2, 1), Packing.ofLengths(3, 0)).perResidue().toDoubles(),
                1e-15);
        Tensor s = arena.zeros(DType.F64, Shape.of(2, CONFIG.cS()));
        assertSame(s, conditioner.forward(tape, s, null, null));
    }

    @Test
    void theGateScalesTheChange() {
        TinyModel.shake(parameters.trainable());
        double[] s = residues(5);
        Sample sample = RandomComplexes.sample("holo", 5, 3, 2);
        gate.setStep(10);
        parameters.all().get("gate.scale").set(1.0);
        double[] full = condition(s, sample);
        gate.setStep(5);
        parameters.all().get("gate.scale").set(0.5);
        double[] quarter = condition(s, sample);
        for (int i = 0; i < s.length; i++) {
            assertEquals(0.25 * (full[i] - s[i]), quarter[i] - s[i], 1e-12);
        }
    }
}
