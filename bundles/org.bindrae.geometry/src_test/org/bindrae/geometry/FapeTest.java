package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.Packing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FapeTest {
    private static final Fape UNCLAMPED = new Fape(Double.POSITIVE_INFINITY, 10, 1e-8);
    private final RandomGeometry random = RandomGeometry.seeded(13);

    private static Differentiation.Operation fape(Fape fape, Fape.Target target, Packing packing) {
        return (tape, x) -> List.of(fape.loss(tape, new Frames(x.get(0), x.get(1)), x.get(2), target, packing));
    }

    private static Fape.Target truth(GoldenVectors golden) {
        BackboneFrames frames = new BackboneFrames(golden.doubles("out.backbone_rot"), golden.doubles("out.backbone_trans"),
                golden.mask("out.backbone_mask"));
        return new Fape.Target(frames, golden.doubles("out.atom14_gt_positions"), golden.mask("out.atom14_gt_exists"));
    }

    private static List<double[]> prediction(GoldenVectors golden) {
        return List.of(golden.doubles("in.fape_pred_rot"), golden.doubles("in.fape_pred_trans"), golden.doubles("in.fape_pred_atom14"));
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void valuesAndGradientsAgreeWithPublishedOnes(GoldenVectors golden) {
        Fape.Target truth = truth(golden);
        Packing packing = Packing.ofLengths(golden.types().length);
        Differentiation.Outcome clamped = Differentiation.F64.run(fape(Fape.DEFAULT, truth, packing), prediction(golden),
                List.of(new double[] {1}));
        assertArrayEquals(golden.doubles("out.fape_clamp10_scale10"), clamped.results().getFirst(), 1e-9);
        assertArrayEquals(golden.doubles("grad.in.fape_pred_rot"), clamped.gradients().get(0), 1e-11);
        assertArrayEquals(golden.doubles("grad.in.fape_pred_trans"), clamped.gradients().get(1), 1e-11);
        assertArrayEquals(golden.doubles("grad.in.fape_pred_atom14"), clamped.gradients().get(2), 1e-11);
        double[] unclamped = Differentiation.F64.results(fape(UNCLAMPED, truth, packing), prediction(golden)).getFirst();
        assertArrayEquals(golden.doubles("out.fape_unclamped_scale10"), unclamped, 1e-9);
    }

    @Test
    void gradientsAgreeWithFiniteDifferences() {
        RandomProtein truth = RandomProtein.of(random, 15, 3, 0, 5);
        RandomProtein guess = RandomProtein.of(random, 15, 3, 0, 5);
        boolean[] present = truth.exists();
        present[2] = false;
        truth.frames().mask()[1] = false;
        double[] trueAtoms = random.points(present.length, 15);
        Fape.Target target = new Fape.Target(truth.frames(), trueAtoms, present);
        List<double[]> inputs = List.of(guess.frames().rotations(), guess.frames().translations(), random.points(present.length, 15));
        Differentiation.F64.check(fape(new Fape(1000, 7, 1e-8), target, truth.packing()), inputs, random);
    }

    @Test
    void clampedPairsHaveNoGradient() {
        RandomProtein truth = RandomProtein.of(random, 15, 4);
        RandomProtein guess = RandomProtein.of(random, 15, 4);
        Fape.Target target = new Fape.Target(truth.frames(), random.points(56, 15), truth.exists());
        List<double[]> inputs = List.of(guess.frames().rotations(), guess.frames().translations(), random.points(56, 15));
        Differentiation.Outcome outcome = Differentiation.F64.run(fape(new Fape(1e-3, 2, 1e-8), target, truth.packing()), inputs,
                List.of(new double[] {1}));
        assertEquals(1e-3 / 2, outcome.results().getFirst()[0], 1e-15);
        outcome.gradients().forEach(gradient -> assertArrayEquals(new double[gradient.length], gradient));
    }

    @Test
    void packedSequencesEqualEachAlone() {
        GoldenVectors a = GoldenVectors.of("1vsn");
        GoldenVectors b = GoldenVectors.of("6z4n");
        double[] alone = {Differentiation.F64.results(fape(Fape.DEFAULT, truth(a), Packing.ofLengths(a.types().length)), prediction(a))
                .getFirst()[0], 0,
                Differentiation.F64.results(fape(Fape.DEFAULT, truth(b), Packing.ofLengths(b.types().length)),
                        prediction(b)).getFirst()[0]};
        BackboneFrames frames = new BackboneFrames(joined(truth(a).frames().rotations(), truth(b).frames().rotations()),
                joined(truth(a).frames().translations(), truth(b).frames().translations()),
                joined(truth(a).frames().mask(), truth(b).frames().mask()));
        Fape.Target both = new Fape.Target(frames, joined(truth(a).atoms(), truth(b).atoms()),
                joined(truth(a).present(), truth(b).present()));
        List<double[]> inputs = List.of(joined(prediction(a).get(0), prediction(b).get(0)),
                joined(prediction(a).get(1), prediction(b).get(1)), joined(prediction(a).get(2), prediction(b).get(2)));
        Packing packing = Packing.ofLengths(a.types().length, 0, b.types().length);
        assertArrayEquals(alone, Differentiation.F64.results(fape(Fape.DEFAULT, both, packing), inputs).getFirst());
    }

    private static double[] joined(double[] a, double[] b) {
        double[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static boolean[] joined(boolean[] a, boolean[] b) {
        boolean[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Test
    void rigidMotionsOfPredictionAndTruthChangeNothing() {
        GoldenVectors golden = GoldenVectors.of("1vsn");
        Fape.Target truth = truth(golden);
        Packing packing = Packing.ofLengths(golden.types().length);
        double[] loss = Differentiation.F64.results(fape(Fape.DEFAULT, truth, packing), prediction(golden)).getFirst();
        for (int trial = 0; trial < 3; trial++) {
            RigidFrame motion = random.motion(1000);
            RigidFrame other = random.motion(1000);
            BackboneFrames moved = RandomProtein.move(motion, new BackboneFrames(prediction(golden).get(0), prediction(golden).get(1),
                    truth.frames().mask()));
            Fape.Target movedTruth = new Fape.Target(RandomProtein.move(other, truth.frames()), RandomGeometry.move(other, truth.atoms()),
                    truth.present());
            double[] movedAtoms = RandomGeometry.move(motion, prediction(golden).get(2));
            List<double[]> inputs = List.of(moved.rotations(), moved.translations(), movedAtoms);
            assertArrayEquals(loss, Differentiation.F64.results(fape(Fape.DEFAULT, movedTruth, packing), inputs).getFirst(), 1e-9);
        }
    }

    @Test
    void plainNumbersGiveTheSameErrors() {
        GoldenVectors golden = GoldenVectors.of("1vsn");
        Fape.Target truth = truth(golden);
        Packing packing = Packing.ofLengths(100, 0, golden.types().length - 100);
        BackboneFrames frames = new BackboneFrames(prediction(golden).get(0), prediction(golden).get(1), null);
        assertArrayEquals(Differentiation.F64.results(fape(Fape.DEFAULT, truth, packing), prediction(golden)).getFirst(),
                Fape.DEFAULT.errors(frames, prediction(golden).get(2), truth, packing));
    }

    @Test
    void bitsDoNotDependOnTheNumberOfThreads() {
        GoldenVectors golden = GoldenVectors.of("6z4n");
        Packing packing = Packing.ofLengths(golden.types().length);
        Differentiation.Outcome[] outcomes = new Differentiation.Outcome[2];
        for (int n = 0; n < 2; n++) {
            Differentiation run = new Differentiation(new TestDevice(1 + 4 * n), Differentiation.F64.dtype());
            outcomes[n] = run.run(fape(Fape.DEFAULT, truth(golden), packing), prediction(golden), List.of(new double[] {1}));
        }
        assertArrayEquals(outcomes[0].results().getFirst(), outcomes[1].results().getFirst());
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(outcomes[0].gradients().get(i), outcomes[1].gradients().get(i));
        }
    }
}
