package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.Sample;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.AdamW;
import org.junit.jupiter.api.Test;

/** The network as it is initialised can be trained. */
class LearningTest {
    private static final int STEPS = 150;

    /** The same protein with the ligand in two places wants other torsions each time: nothing but the ligand's place tells which. */
    @Test
    void learnsWhatOnlyTheLigandTells() {
        Sample here = RandomComplexes.sample("a", 12, 6, 1);
        Sample there = withTokens(here, here.tokens().positions(), 6);
        double[] targets = targets(24);
        double bound = train(RandomComplexes.input(TinyModel.EMBEDDING, here, there), targets);
        double apo = train(RandomComplexes.input(TinyModel.EMBEDDING, withTokens(here, new double[0], 0), withTokens(there, new double[0], 0)), targets);
        // of two random angles, the best guess has a mean error of 1 − 2/π
        assertTrue(apo > 0.3, "mean of 1 − cos without ligand is " + apo);
        assertTrue(bound < 0.2, "mean of 1 − cos is " + bound);
    }

    private static double train(ModelInput input, double[] targets) {
        try (CpuDevice device = new CpuDevice();
                Stage1Model model = new Stage1Model(device, DType.F32, TinyModel.config(false, false), new Flash1dBias(), 1);
                AdamW optimiser = new AdamW(model.parameters(), new AdamW.Settings(0.9, 0.99, 1e-8, 0));
                TensorArena arena = device.arena()) {
            double loss = 1;
            for (int step = 0; step < STEPS; step++) {
                Tape tape = Tape.training(arena, step);
                Tensor torsions = model.forward(tape, input, new FlashCpuBackend()).torsions();
                double scale = -2.0 / targets.length;
                Tensor likeness = Ops.weightedSum(tape, torsions, tape.scratch(DType.F32, torsions.shape()).set(targets));
                loss = 1 + scale * likeness.item();
                tape.backward(likeness, scale);
                optimiser.step(1e-2, 1, 1);
                model.parameters().zeroGradients();
                arena.reset();
            }
            return loss;
        }
    }

    private static double[] targets(int residues) {
        SplittableRandom random = new SplittableRandom(2);
        double[] targets = new double[14 * residues];
        for (int i = 0; i < targets.length; i += 2) {
            double angle = random.nextDouble(2 * Math.PI);
            targets[i] = Math.sin(angle);
            targets[i + 1] = Math.cos(angle);
        }
        return targets;
    }

    private static Sample withTokens(Sample s, double[] positions, double shift) {
        double[] moved = positions.clone();
        for (int i = 0; i < moved.length; i += 3) {
            moved[i] += shift;
        }
        LigandTokens tokens = new LigandTokens(moved, Arrays.copyOf(s.tokens().features(), moved.length / 3 * LigandTokens.WIDTH));
        return new Sample(s.id(), s.residues(), s.ligand(), tokens, s.ligandDistance(), s.pocketWeight(), List.of(), s.hash());
    }
}
