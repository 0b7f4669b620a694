package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AngleBinsTest {
    private static final AngleBins BINS = new AngleBins(72);

    /** Logits of a mixture of Gaussians of 8° about angles in degrees. */
    private static double[] logits(double... anglesAndShares) {
        double[] logits = new double[BINS.count()];
        for (int b = 0; b < logits.length; b++) {
            double density = 1e-9;
            for (int m = 0; m < anglesAndShares.length; m += 2) {
                double distance = Math.IEEEremainder(Math.toDegrees(BINS.centre(b)) - anglesAndShares[m], 360) / 8;
                density += anglesAndShares[m + 1] * Math.exp(-distance * distance / 2);
            }
            logits[b] = Math.log(density);
        }
        return logits;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 61.3, -178.9, 179.6, -64})
    void theBestAngleIsThatOfTheHighestPeakAcrossTheEndsToo(double degrees) {
        AngleBins.Best best = BINS.best(logits(degrees, 0.6, degrees + 120, 0.4), 0);
        assertEquals(0, Math.IEEEremainder(Math.toDegrees(Math.atan2(best.sin(), best.cos())) - degrees, 360), 0.5);
        // 17.5° are 2.2 standard deviations
        assertEquals(0.6 * 0.97, best.mass(), 0.01);
    }

    @Test
    void aWidePeakWinsOverASharpOneWithLessProbability() {
        double[] logits = new double[BINS.count()];
        Arrays.fill(logits, -30);
        logits[3] = 0;
        for (int b = 40; b < 45; b++) {
            logits[b] = -1;
        }
        AngleBins.Best best = BINS.best(logits, 0);
        assertEquals(BINS.centre(42), Math.atan2(best.sin(), best.cos()), 1e-9);
        assertEquals(5 / (5 + Math.E), best.mass(), 1e-9);
    }

    @Test
    void largeLogitsDoNotOverflow() {
        double[] logits = new double[BINS.count()];
        logits[10] = 1e4;
        assertEquals(1, BINS.best(logits, 0).mass(), 1e-12);
    }

    @Test
    void tooFewBinsAreRefused() {
        assertEquals("a circle of 11 bins is too coarse, 12 are needed at least",
                assertThrows(IllegalArgumentException.class, () -> new AngleBins(11)).getMessage());
    }

    private static Torsions truth(RandomGeometry random, int residues) {
        int torsions = residues * ResidueConstants.TORSIONS;
        double[] sinCos = new double[2 * torsions];
        double[] alternative = new double[2 * torsions];
        boolean[] mask = new boolean[torsions];
        for (int i = 0; i < torsions; i++) {
            double angle = random.random().nextDouble(2 * Math.PI);
            double turn = i % 3 == 0 ? Math.PI : 0;
            sinCos[2 * i] = Math.sin(angle);
            sinCos[2 * i + 1] = Math.cos(angle);
            alternative[2 * i] = Math.sin(angle + turn);
            alternative[2 * i + 1] = Math.cos(angle + turn);
            mask[i] = random.random().nextInt(4) > 0;
        }
        return new Torsions(sinCos, mask, alternative);
    }

    @Test
    void theLossHasTheGradientsOfFiniteDifferences() {
        RandomGeometry random = new RandomGeometry(new SplittableRandom(4));
        int residues = 3;
        AngleBins bins = new AngleBins(12);
        Torsions truth = truth(random, residues);
        double[] weights = random.random().doubles(residues, 0.1, 1).toArray();
        Differentiation.F64.check((tape, x) -> List.of(LossKernels.of(tape.device()).chi(tape, bins,
                x.getFirst().reshape(residues, ResidueConstants.CHIS, bins.count()), truth, weights, new double[] {1, 0.7, 0.3, 0})),
                List.of(random.random().doubles(residues * ResidueConstants.CHIS * bins.count(), -2, 2).toArray()), random);
    }

    /** Cross-entropy is least where the prediction is the target, and there it is the entropy of a Gaussian, or of two. */
    @Test
    void thePerfectPredictionHasTheEntropyOfItsTarget() {
        double[] angle = {Math.sin(1), Math.cos(1)};
        double[] sinCos = new double[2 * ResidueConstants.TORSIONS];
        double[] alternative = new double[2 * ResidueConstants.TORSIONS];
        boolean[] mask = new boolean[ResidueConstants.TORSIONS];
        for (int chi : new int[] {3, 4}) {
            mask[chi] = true;
            for (int i = 0; i < 2; i++) {
                sinCos[2 * chi + i] = angle[i];
                alternative[2 * chi + i] = chi == 4 ? -angle[i] : angle[i];
            }
        }
        double[] logits = new double[ResidueConstants.CHIS * BINS.count()];
        for (int b = 0; b < BINS.count(); b++) {
            double near = Math.IEEEremainder(BINS.centre(b) - 1, 2 * Math.PI) / AngleBins.DEVIATION;
            double far = Math.IEEEremainder(BINS.centre(b) - 1 + Math.PI, 2 * Math.PI) / AngleBins.DEVIATION;
            logits[b] = -near * near / 2;
            logits[BINS.count() + b] = Math.log(Math.exp(-near * near / 2) + Math.exp(-far * far / 2));
        }
        double gaussian = 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(AngleBins.DEVIATION / BINS.width());
        assertEquals(gaussian, loss(logits, new Torsions(sinCos, mask, alternative), new double[] {1, 0, 0, 0}), 1e-3);
        assertEquals(gaussian + Math.log(2), loss(logits, new Torsions(sinCos, mask, alternative), new double[] {0, 1, 1, 1}), 1e-3);
    }

    private static double loss(double[] logits, Torsions truth, double[] shares) {
        TestDevice device = new TestDevice(2);
        Tape tape = Tape.inference(device.arena());
        Tensor x = tape.arena().allocate(DType.F64, Shape.of(1, ResidueConstants.CHIS, BINS.count())).set(logits);
        return LossKernels.of(device).chi(tape, BINS, x, truth, new double[] {1}, shares).item();
    }

    @Test
    void backboneAtomsMoveWithTheirFrames() {
        RandomGeometry random = new RandomGeometry(new SplittableRandom(7));
        RigidFrame before = RigidFrame.ofAxisAngle(new Vec3(0.3, -1, 0.2), new Vec3(5, -2, 40));
        RigidFrame after = RigidFrame.ofAxisAngle(new Vec3(random.random().nextGaussian(), 1, 0.2), new Vec3(-7, 3, 1));
        double[] atom14 = new double[ResidueConstants.SLOTS * 3];
        boolean[] present = new boolean[ResidueConstants.SLOTS];
        for (int slot = ResidueConstants.N; slot <= ResidueConstants.C; slot++) {
            before.apply(Vec3.at(BackboneAtoms.of(frames(RigidFrame.IDENTITY), atom14, present).positions(), slot)).store(atom14, slot);
            present[slot] = true;
        }
        BackboneAtoms ideal = BackboneAtoms.of(frames(before), atom14, new boolean[present.length]);
        assertArrayEquals(ideal.positions(), BackboneAtoms.of(frames(before), atom14, present).positions(), 1e-9);
        assertArrayEquals(BackboneAtoms.of(frames(after), atom14, new boolean[present.length]).positions(),
                ideal.moved(frames(before), frames(after)).positions(), 1e-9);
        // bond lengths of alanine
        double[] p = ideal.positions();
        assertEquals(1.46, Vec3.at(p, 0).distance(Vec3.at(p, 1)), 0.02);
        assertEquals(1.23, Vec3.at(p, 2).distance(Vec3.at(p, 3)), 0.02);
        assertEquals(1.53, Vec3.at(p, 1).distance(Vec3.at(p, 4)), 0.02);
        assertTrue(Vec3.at(p, 0).distance(Vec3.at(p, 4)) > 2.3);
    }

    private static BackboneFrames frames(RigidFrame frame) {
        BackboneFrames frames = new BackboneFrames(new double[9], new double[3], new boolean[] {true});
        frame.store(frames.rotations(), frames.translations(), 0);
        return frames;
    }
}
