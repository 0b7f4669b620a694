package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.data.Batch;
import org.bindrae.data.Sample;
import org.bindrae.geometry.Atom14Alternatives;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.osgi.service.component.annotations.Component;

/**
 * Computes the loss terms and their gradients of random predictions on a device and compares with double precision on the host. Everything runs twice; where
 * the bits differ, the error is infinite.
 */
@Component
public final class LossCheck implements DeviceCheck {
    private static final int CHIS = ResidueConstants.CHIS;
    private static final int BINS = 72;
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int TORSIONS = ResidueConstants.TORSIONS;
    private static final int STEP = 500;
    private static final int LIGAND_ATOMS = 11;
    private static final double MISSING = 0.05;
    /** Some atoms are so far off that their errors are clamped, Å. */
    private static final double FAR = 0.03;
    private static final double FARTHER_THAN_CLAMPED = 25;
    /** How far predictions are from the truth, Å: at the beginning and at the end of a training. */
    private static final double[] NOISE = {0.5, 0.02};
    private static final int[][] BATCHES = {{1}, {9, 2, 70}, {275, 130}};

    @Override
    public String subject() {
        return "losses";
    }

    @Override
    public boolean applies(Device device) {
        return !(device instanceof HostDevice);
    }

    /** Every term and their sum, in single and double precision; some seconds on a graphics card. */
    @Override
    public List<VectorRow> run(Device device, HostDevice host) {
        return run(device, host, BATCHES);
    }

    /** The same for batches of complexes with so many residues each. */
    public List<VectorRow> run(Device device, HostDevice host, int[][] batches) {
        Map<String, VectorRow> rows = new LinkedHashMap<>();
        var random = new SplittableRandom(5);
        for (int[] lengths : batches) {
            Batch batch = batch(lengths, random);
            for (double noise : NOISE) {
                for (DType type : List.of(DType.F32, DType.F64)) {
                    Guess guess = Guess.near(batch, noise, type, random);
                    for (LossTerm term : LossTerm.values()) {
                        Question question = new Question(only(term), batch, guess, term.ofDistributions(), type);
                        VectorRow row = compare(device, host, term.key() + " loss, " + type, question);
                        rows.merge(row.quantity(), row, LossCheck::worse);
                    }
                    for (boolean distributions : new boolean[] {false, true}) {
                        Question question = new Question(LossConfig.defaults(), batch, guess, distributions, type);
                        VectorRow row = compare(device, host, "total loss" + (distributions ? " of distributions, " : ", ") + type, question);
                        rows.merge(row.quantity(), row, LossCheck::worse);
                    }
                }
            }
        }
        return List.copyOf(rows.values());
    }

    /**
     * What is to be compared.
     *
     * @param distributions whether the network gives distributions over χ
     */
    private record Question(LossConfig config, Batch batch, Guess guess, boolean distributions, DType type) {
    }

    /** A NaN stays. */
    private static VectorRow worse(VectorRow a, VectorRow b) {
        return b.error() <= a.error() ? a : b;
    }

    private static Batch batch(int[] lengths, SplittableRandom random) {
        List<Sample> samples = new ArrayList<>();
        for (int length : lengths) {
            int[] types = random.ints(length, 0, ResidueConstants.TYPES + 1).toArray();
            boolean[] missing = new boolean[length * SLOTS];
            for (int atom = 0; atom < missing.length; atom++) {
                missing[atom] = random.nextDouble() < MISSING;
            }
            samples.add(SyntheticComplex.of("complex " + samples.size(), types, missing, LIGAND_ATOMS, random));
        }
        return Batch.of(samples);
    }

    private static LossConfig only(LossTerm term) {
        double[] w = new double[LossTerm.values().length];
        w[term.ordinal()] = 0.7;
        LossConfig d = LossConfig.defaults();
        return new LossConfig(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], d.torsionClasses(), d.pocketFocus(), d.pocketWarmUp());
    }

    /** What a network might say, as plain numbers: rotations, translations, torsions, raw torsions, logits of rotamers, atoms, logits of distributions, drafts. */
    private record Guess(List<double[]> values) {
        static Guess near(Batch batch, double noise, DType type, SplittableRandom random) {
            LossTarget target = LossTarget.of(batch, LossConfig.defaults());
            int residues = batch.residues().total();
            double[] torsions = new double[2 * TORSIONS * residues];
            for (int i = 0; i < torsions.length; i += 2) {
                double angle = random.nextDouble(2 * Math.PI);
                torsions[i] = StrictMath.sin(angle);
                torsions[i + 1] = StrictMath.cos(angle);
            }
            return new Guess(List.of(noisy(target.frames().rotations(), 0.2 * noise, type, random), noisy(target.frames().translations(), noise, type, random),
                    noisy(torsions, 0, type, random), noisy(torsions, 0.7, type, random), noisy(new double[3 * residues], 2, type, random),
                    noisy(atoms(batch, target, random), noise, type, random), noisy(new double[residues * CHIS * BINS], 2, type, random),
                    noisy(new double[residues * CHIS * BINS], 2, type, random), noisy(new double[residues * CHIS * BINS], 3, type, random)));
        }

        /** The true atoms, many symmetric ones under each other's names, some far away. */
        private static double[] atoms(Batch batch, LossTarget target, SplittableRandom random) {
            boolean[] exchange = new boolean[batch.types().length];
            for (int i = 0; i < exchange.length; i++) {
                exchange[i] = random.nextBoolean();
            }
            double[] atoms = Atom14Alternatives.of(batch.types(), batch.atom14(), target.fape().present(), exchange).positions();
            for (int i = 0; i < atoms.length; i++) {
                atoms[i] += random.nextDouble() < FAR ? FARTHER_THAN_CLAMPED : 0;
            }
            return atoms;
        }

        private static double[] noisy(double[] values, double deviation, DType type, SplittableRandom random) {
            return Arrays.stream(values).map(v -> v + deviation * random.nextGaussian()).map(v -> type == DType.F64 ? v : (float) v).toArray();
        }

        List<Tensor> tensors(Tape tape, DType type) {
            int residues = values.get(1).length / 3;
            List<Shape> shapes = List.of(Shape.of(residues, 9), Shape.of(residues, 3), Shape.of(residues, TORSIONS, 2), Shape.of(residues, TORSIONS, 2),
                    Shape.of(residues, 3), Shape.of(residues, SLOTS, 3), Shape.of(residues, CHIS, BINS), Shape.of(residues, CHIS, BINS),
                    Shape.of(residues, CHIS, BINS));
            List<Tensor> tensors = new ArrayList<>();
            for (int n = 0; n < shapes.size(); n++) {
                tensors.add(tape.variable(tape.arena().allocate(type, shapes.get(n)).set(values.get(n))));
            }
            return tensors;
        }
    }

    /** Numerators of the terms and of the torsion classes, then the gradient of each input; and the total apart, which is rounded. */
    private record Outcome(double total, List<double[]> numbers) {
        boolean sameBits(Outcome other) {
            boolean same = Double.compare(total, other.total) == 0;
            for (int n = 0; n < numbers.size(); n++) {
                same &= Arrays.equals(numbers.get(n), other.numbers.get(n));
            }
            return same;
        }
    }

    private static Outcome run(Device device, Question question, DType type) {
        try (TensorArena arena = device.arena()) {
            Losses losses = new Losses(question.config);
            LossTarget target = losses.target(question.batch);
            Tape tape = Tape.recording(arena);
            List<Tensor> t = question.guess.tensors(tape, type);
            Stage1Output.Distributions chi = question.distributions ? new Stage1Output.Distributions(t.get(6), t.subList(7, 9), null, null) : null;
            Stage1Output output = new Stage1Output(new Frames(t.get(0), t.get(1)), t.get(2), t.get(3), t.get(4), t.get(5), chi);
            Losses.Value value = losses.of(tape, output, target, STEP, losses.denominators(target, STEP));
            tape.backward(value.total());
            List<double[]> numbers = new ArrayList<>(List.of(value.sums().numerators()));
            for (Tensor input : t) {
                numbers.add(input.gradient() == null ? new double[Math.toIntExact(input.size())] : input.gradient().toDoubles());
            }
            return new Outcome(value.numbers().get().total(), numbers);
        }
    }

    private static VectorRow compare(Device device, HostDevice host, String quantity, Question question) {
        Outcome expected = run(host, question, DType.F64);
        Outcome actual = run(device, question, question.type);
        double error = Math.abs(actual.total - expected.total) / Math.max(1e-6, Math.abs(expected.total));
        for (int n = 0; n < expected.numbers.size(); n++) {
            error = Math.max(error, error(expected.numbers.get(n), actual.numbers.get(n)));
        }
        if (!actual.sameBits(run(device, question, question.type))) {
            error = Double.POSITIVE_INFINITY;
        }
        return new VectorRow(quantity, error, question.type == DType.F64 ? 1e-11 : 1e-5);
    }

    /** ‖actual − expected‖ / ‖expected‖; what must be zero may differ by nothing. */
    private static double error(double[] expected, double[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }
}
