package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.bindrae.data.Batch;
import org.bindrae.data.Sample;
import org.bindrae.geometry.Atom14Alternatives;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossesTest {
    private static final int BINS = 12;
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int TORSIONS = ResidueConstants.TORSIONS;
    private static final int STEP = 500;
    private static final LossConfig ALL = LossConfig.defaults();
    private final SplittableRandom random = new SplittableRandom(4);
    private final CpuDevice device = new CpuDevice(2, true);
    private final Batch batch = Batch.of(List.of(RandomComplex.damaged("a", 1), RandomComplex.whole("b", 7, 2)));

    @AfterEach
    void closeDevice() {
        device.close();
    }

    /** What a network might say, as plain numbers: rotations, translations, torsions, raw torsions, logits, atoms, distributions, two drafts. */
    private record Guess(List<double[]> values, boolean distributions) {
        Stage1Output output(List<Tensor> tensors) {
            Stage1Output.Distributions chi = distributions ? new Stage1Output.Distributions(tensors.get(6), tensors.subList(7, 9), null, null) : null;
            return new Stage1Output(new Frames(tensors.get(0), tensors.get(1)), tensors.get(2), tensors.get(3), tensors.get(4), tensors.get(5), chi);
        }

        Guess with(List<double[]> others) {
            return new Guess(others, distributions);
        }

        /** From a network that is trained by this term. */
        Guess of(LossTerm term) {
            return new Guess(values, term.ofDistributions());
        }

        List<Tensor> tensors(Tape tape, DType type) {
            int residues = values.get(1).length / 3;
            List<Shape> shapes = List.of(Shape.of(residues, 9), Shape.of(residues, 3), Shape.of(residues, TORSIONS, 2), Shape.of(residues, TORSIONS, 2),
                    Shape.of(residues, 3), Shape.of(residues, SLOTS, 3), Shape.of(residues, ResidueConstants.CHIS, BINS),
                    Shape.of(residues, ResidueConstants.CHIS, BINS), Shape.of(residues, ResidueConstants.CHIS, BINS));
            List<Tensor> tensors = new ArrayList<>();
            for (int n = 0; n < shapes.size(); n++) {
                tensors.add(tape.variable(tape.arena().allocate(type, shapes.get(n)).set(values.get(n))));
            }
            return tensors;
        }

        /** Of the residues from … to. */
        Guess part(int from, int to) {
            int residues = values.get(1).length / 3;
            return with(values.stream().map(v -> Arrays.copyOfRange(v, from * v.length / residues, to * v.length / residues)).toList());
        }

    }

    private static List<double[]> joined(List<double[]> a, List<double[]> b) {
        List<double[]> joined = new ArrayList<>();
        for (int n = 0; n < a.size(); n++) {
            joined.add(Stream.of(a.get(n), b.get(n)).flatMapToDouble(Arrays::stream).toArray());
        }
        return joined;
    }

    private record Outcome(double total, LossSums sums, List<double[]> gradients) {
    }

    private Guess guess(Batch of) {
        LossTarget target = LossTarget.of(of, ALL);
        int residues = of.residues().total();
        double[] torsions = new double[2 * TORSIONS * residues];
        for (int i = 0; i < torsions.length; i += 2) {
            double angle = random.nextDouble(2 * Math.PI);
            torsions[i] = Math.sin(angle);
            torsions[i + 1] = Math.cos(angle);
        }
        return new Guess(List.of(noisy(target.frames().rotations(), 0.1), noisy(target.frames().translations(), 0.5), torsions, noisy(torsions, 0.7),
                noisy(new double[3 * residues], 2), noisy(of.atom14(), 0.5), logits(residues), logits(residues), logits(residues)), false);
    }

    private double[] logits(int residues) {
        return noisy(new double[residues * ResidueConstants.CHIS * BINS], 2);
    }

    private double[] noisy(double[] values, double deviation) {
        return Arrays.stream(values).map(v -> v + deviation * random.nextGaussian()).toArray();
    }

    private static LossConfig only(LossTerm term) {
        double[] w = new double[LossTerm.values().length];
        w[term.ordinal()] = 0.7;
        return new LossConfig(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], ALL.torsionClasses(), ALL.pocketFocus(), ALL.pocketWarmUp());
    }

    private Outcome run(LossConfig config, Batch of, Guess guess, DType type) {
        Losses losses = new Losses(config);
        LossTarget target = losses.target(of);
        return run(config, target, guess, losses.denominators(target, STEP), type);
    }

    private Outcome run(LossConfig config, LossTarget target, Guess guess, LossSums denominators, DType type) {
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.recording(arena);
            List<Tensor> tensors = guess.tensors(tape, type);
            Losses.Value value = new Losses(config).of(tape, guess.output(tensors), target, STEP, denominators);
            tape.backward(value.total());
            List<double[]> gradients = tensors.stream().map(t -> t.gradient() == null ? new double[(int) t.size()] : t.gradient().toDoubles()).toList();
            return new Outcome(value.total().item(), value.sums(), gradients);
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsAgreeWithFiniteDifferences(LossTerm term) {
        Guess guess = guess(batch).of(term);
        LossConfig config = only(term);
        List<double[]> gradients = run(config, batch, guess, DType.F64).gradients();
        double norm = 0;
        for (int n = 0; n < gradients.size(); n++) {
            double[] values = guess.values().get(n);
            double[] gradient = gradients.get(n);
            double inputNorm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
            norm = Math.max(norm, inputNorm);
            for (int trial = 0; trial < 12; trial++) {
                double[] direction = noisy(new double[values.length], 1);
                double expected = IntStream.range(0, values.length).mapToDouble(i -> direction[i] * gradient[i]).sum();
                double slope = 0;
                double step = 1e-5;
                double[][] stencil = {{-2, 1}, {-1, -8}, {1, 8}, {2, -1}};
                for (double[] point : stencil) {
                    List<double[]> moved = new ArrayList<>(guess.values());
                    moved.set(n, IntStream.range(0, values.length).mapToDouble(i -> values[i] + point[0] * step * direction[i]).toArray());
                    slope += point[1] * run(config, batch, guess.with(moved), DType.F64).total() / (12 * step);
                }
                assertEquals(expected, slope, 1e-6 * inputNorm + 1e-10, term + ", input " + n);
            }
        }
        assertTrue(norm > 1e-6, "gradient " + norm);
    }

    @ParameterizedTest
    @EnumSource(names = {"TORSION", "CHI"})
    void totalIsTheWeightedSumOfTheTermsThatApply(LossTerm one) {
        Outcome all = run(ALL, batch, guess(batch).of(one), DType.F64);
        double sum = 0;
        for (LossTerm term : LossTerm.values()) {
            assertEquals(term.ofDistributions() == one.ofDistributions(), all.sums().mean(term) > 0, term + " is " + all.sums().mean(term));
            assertEquals(term.ofDistributions() == one.ofDistributions(), all.sums().denominator(term) > 0, term + " is counted");
            sum += ALL.weight(term) * all.sums().mean(term);
        }
        assertEquals(sum, all.total(), 1e-12);
        assertEquals(sum, all.sums().total(ALL), 1e-12);
    }

    @ParameterizedTest
    @EnumSource
    void aWeightOfZeroSwitchesATermOff(LossTerm term) {
        double[] w = new double[LossTerm.values().length];
        Arrays.fill(w, 1);
        w[term.ordinal()] = 0;
        LossConfig config = new LossConfig(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], ALL.torsionClasses(), 1, 0);
        Outcome outcome = run(config, batch, guess(batch).of(term), DType.F64);
        assertEquals(0, outcome.sums().mean(term));
        assertEquals(0, outcome.sums().denominator(term));
        if (term == LossTerm.CLASH) {
            assertNull(LossTarget.of(batch, config).clashes());
        }
    }

    @Test
    void theTruthCostsNothingWhateverItsSymmetricAtomsAreCalled() {
        Batch whole = Batch.of(List.of(RandomComplex.whole("a", 40, 1)));
        LossTarget target = LossTarget.of(whole, ALL);
        double[] exchanged = Atom14Alternatives.of(whole.types(), whole.atom14(), target.fape().present()).positions();
        double[] far = Arrays.stream(target.wells()).boxed().flatMapToDouble(well -> IntStream.range(0, 3).mapToDouble(w -> w == well ? 50 : 0)).toArray();
        for (double[] torsions : List.of(target.torsions().sinCos(), target.torsions().alternative())) {
            for (double[] atoms : List.of(whole.atom14(), exchanged)) {
                Guess truth = new Guess(List.of(target.frames().rotations(), target.frames().translations(), torsions, torsions, far, atoms, logits(40),
                        logits(40), logits(40)), false);
                LossSums sums = run(ALL, whole, truth, DType.F64).sums();
                assertEquals(0, sums.mean(LossTerm.TORSION), 1e-12);
                assertEquals(0, sums.mean(LossTerm.TORSION_LENGTH), 1e-12);
                assertEquals(0, sums.mean(LossTerm.FAPE), 2e-5);
                assertEquals(0, sums.mean(LossTerm.ROTAMER), 1e-12);
                assertEquals(0, sums.mean(LossTerm.DISTANCE), 1e-12);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TORSION", "CHI"})
    void severalBatchesOfAStepEqualOneLargeBatch(LossTerm one) {
        List<Sample> samples = List.of(RandomComplex.damaged("a", 1), RandomComplex.whole("b", 7, 2), RandomComplex.whole("c", 12, 3));
        Batch large = Batch.of(samples);
        Guess guess = guess(large).of(one);
        Outcome together = run(ALL, large, guess, DType.F64);
        Losses losses = new Losses(ALL);
        List<LossTarget> targets = samples.stream().map(sample -> losses.target(Batch.of(List.of(sample)))).toList();
        LossSums denominators = targets.stream().map(target -> losses.denominators(target, STEP)).reduce(LossSums.zero(), LossSums::plus);
        LossSums sums = LossSums.zero();
        double total = 0;
        List<double[]> gradients = null;
        for (int s = 0; s < samples.size(); s++) {
            Outcome part = run(ALL, targets.get(s), guess.part(large.residues().start(s), large.residues().end(s)), denominators, DType.F64);
            sums = sums.plus(part.sums());
            total += part.total();
            gradients = gradients == null ? part.gradients() : joined(gradients, part.gradients());
        }
        assertEquals(together.total(), total, 1e-12);
        assertArrayEquals(together.sums().values(), sums.values(), 1e-12);
        for (int n = 0; n < gradients.size(); n++) {
            assertArrayEquals(together.gradients().get(n), gradients.get(n), 1e-13, "input " + n);
        }
    }

    @Test
    void unknownAtomsAndResiduesWithoutFrameCostNothing() {
        LossTarget target = LossTarget.of(batch, ALL);
        Outcome before = run(ALL, batch, guess(batch), DType.F64);
        List<double[]> gradients = before.gradients();
        int withoutFrame = 6;
        for (int i = 0; i < 9; i++) {
            assertEquals(0, gradients.get(0)[9 * withoutFrame + i]);
        }
        for (int a = 0; a < target.fape().present().length; a++) {
            if (!target.clashes().counted()[a]) {
                assertArrayEquals(new double[3], Arrays.copyOfRange(gradients.get(5), 3 * a, 3 * a + 3), "atom " + a);
            }
        }
        for (int t = 0; t < target.torsions().mask().length; t++) {
            if (!target.torsions().mask()[t]) {
                assertArrayEquals(new double[2], Arrays.copyOfRange(gradients.get(2), 2 * t, 2 * t + 2), "torsion " + t);
            }
        }
    }

    @Test
    void torsionsOfThePocketCountMoreAndMore() {
        Losses losses = new Losses(ALL);
        LossTarget target = losses.target(batch);
        double[] early = target.torsionWeights(ALL.focus(0));
        double[] late = target.torsionWeights(ALL.focus(5000));
        for (int i = 0; i < early.length; i++) {
            assertEquals(0.1, early[i], 1e-15);
            assertEquals(target.pocketWeights()[i], late[i], 1e-15);
        }
        Sample apo = RandomComplex.withoutLigand(RandomComplex.whole("b", 7, 2));
        assertEquals(0.1, losses.target(Batch.of(List.of(apo, RandomComplex.whole("c", 7, 2)))).torsionWeights(1)[2], "nothing is in focus without a pocket");
        assertEquals(0.25 * target.pocketWeights()[3] + 0.075, target.torsionWeights(ALL.focus(500))[3], 1e-15);
    }

    @Test
    void singlePrecisionAgreesWithDouble() {
        Guess guess = guess(batch);
        assertEquals(run(ALL, batch, guess, DType.F64).total(), run(ALL, batch, guess, DType.F32).total(), 1e-5);
    }

    @Test
    void wellsAreThoseOfTheRotamers() {
        assertEquals(RotamerWell.GAUCHE_PLUS, RotamerWell.of(Math.toRadians(60)));
        assertEquals(RotamerWell.GAUCHE_PLUS, RotamerWell.of(0));
        assertEquals(RotamerWell.TRANS, RotamerWell.of(Math.PI));
        assertEquals(RotamerWell.TRANS, RotamerWell.of(Math.toRadians(-121)));
        assertEquals(RotamerWell.GAUCHE_MINUS, RotamerWell.of(Math.toRadians(-60)));
        assertEquals(RotamerWell.GAUCHE_MINUS, RotamerWell.of(-1e-17));
    }
}
