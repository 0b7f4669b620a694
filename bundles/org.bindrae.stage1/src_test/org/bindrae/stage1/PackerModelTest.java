package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.data.Batch;
import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Torsions;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackerModelTest {
    private static final int WIDTH = TinyModel.EMBEDDING;
    private static final Stage1Config PACKER = TinyModel.packer();
    private static final double STEP = 1e-5;

    private final CpuDevice device = new CpuDevice();
    private final AttentionBackend flash = new FlashCpuBackend();

    @AfterEach
    void closeDevice() {
        device.close();
    }

    /** Logits, angles and probabilities. */
    private record Result(double[] logits, double[] torsions, double[] masses) {
        Result part(int from, int to) {
            int bins = ResidueConstants.CHIS * PACKER.chi().bins();
            return new Result(Arrays.copyOfRange(logits, bins * from, bins * to), Arrays.copyOfRange(torsions, 14 * from, 14 * to),
                    Arrays.copyOfRange(masses, 4 * from, 4 * to));
        }
    }

    private Result run(DType type, ModelInput input, Torsions truth) {
        try (Stage1Model model = TinyModel.create(device, type, PACKER); TensorArena arena = device.arena()) {
            Stage1Output output = model.forward(Tape.inference(arena), input, null, truth, flash);
            return new Result(output.chi().logits().toDoubles(), output.torsions().toDoubles(), output.chi().masses().toDoubles());
        }
    }

    private static Torsions truth(Sample... samples) {
        Batch batch = Batch.of(List.of(samples));
        return Torsions.of(batch.types(), batch.atom14(), batch.present(), batch.breakBefore());
    }

    private static double farthest(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"F64, 0, 1e-9", "F64, 1000, 1e-8", "F32, 50, 1e-3", "F32, 1000, 1e-3"})
    void distributionsStayWhereTheSampleMoves(DType type, double shift, double tolerance) {
        for (int seed = 0; seed < 3; seed++) {
            Sample sample = RandomComplexes.sample("s", 40, 12, seed);
            RigidFrame motion = RandomComplexes.motion(shift, seed);
            assertArrayEquals(run(type, RandomComplexes.input(WIDTH, sample), null).logits,
                    run(type, RandomComplexes.input(WIDTH, RandomComplexes.moved(sample, motion)), null).logits, tolerance);
        }
    }

    @Test
    void packedSamplesGiveWhatEachGivesAlone() {
        List<Sample> samples = List.of(RandomComplexes.sample("a", 17, 5, 1), RandomComplexes.sample("b", 1, 0, 2), RandomComplexes.sample("c", 3, 70, 3),
                RandomComplexes.sample("d", 23, 0, 4));
        Result together = run(DType.F64, RandomComplexes.input(samples, WIDTH), null);
        int start = 0;
        for (Sample sample : samples) {
            Result alone = run(DType.F64, RandomComplexes.input(WIDTH, sample), null);
            Result part = together.part(start, start + sample.residues().size());
            assertArrayEquals(alone.logits, part.logits, 1e-10);
            assertArrayEquals(alone.torsions, part.torsions, 1e-10);
            assertArrayEquals(alone.masses, part.masses, 1e-10);
            start += sample.residues().size();
        }
    }

    @Test
    void whereTheTrueSideChainsAreMakesNoDifferenceAtAll() {
        Sample sample = RandomComplexes.sample("a", 30, 8, 1);
        assertArrayEquals(run(DType.F32, RandomComplexes.input(WIDTH, sample), null).logits,
                run(DType.F32, RandomComplexes.input(WIDTH, scrambled(sample)), null).logits);
    }

    /** The same with side chains that lie anywhere or are missing. */
    private static Sample scrambled(Sample s) {
        SplittableRandom random = new SplittableRandom(9);
        ResidueTable t = s.residues();
        double[] atoms = t.atom14().clone();
        boolean[] present = t.present().clone();
        for (int atom = 0; atom < present.length; atom++) {
            if (atom % ResidueConstants.SLOTS > ResidueConstants.O) {
                present[atom] &= random.nextBoolean();
                for (int axis = 0; axis < 3; axis++) {
                    atoms[3 * atom + axis] = present[atom] ? 50 * random.nextGaussian() : 0;
                }
            }
        }
        ResidueTable table = new ResidueTable(t.ids(), t.names(), t.types(), atoms, present, t.breakBefore());
        return new Sample(s.id(), table, s.ligand(), s.tokens(), s.surroundings(), s.ligandDistance(), s.pocketWeight(), s.notes(), s.hash());
    }

    @Test
    void distributionsAreConditionedOnWhatIsGivenAndAnglesAreNot() {
        Sample sample = RandomComplexes.sample("a", 20, 5, 1);
        ModelInput input = RandomComplexes.input(WIDTH, sample);
        Result own = run(DType.F64, input, null);
        Result given = run(DType.F64, input, truth(sample));
        assertArrayEquals(own.torsions, given.torsions);
        int bins = PACKER.chi().bins();
        for (int i = 0; i < 20; i++) {
            int at = i * ResidueConstants.CHIS * bins;
            assertArrayEquals(Arrays.copyOfRange(own.logits, at, at + bins), Arrays.copyOfRange(given.logits, at, at + bins), "χ1 of residue " + i);
        }
        assertTrue(farthest(own.logits, given.logits) > 1e-3);
    }

    @Test
    void givenItsOwnAnglesANetworkSaysTheSame() {
        Sample sample = RandomComplexes.sample("a", 20, 5, 1);
        ModelInput input = RandomComplexes.input(WIDTH, sample);
        Result own = run(DType.F64, input, null);
        boolean[] all = new boolean[20 * ResidueConstants.TORSIONS];
        Arrays.fill(all, true);
        assertArrayEquals(own.logits, run(DType.F64, input, new Torsions(own.torsions, all, own.torsions)).logits, 1e-12);
    }

    @Test
    void nearAtomsOfTheSurroundingsMatterAndFarOnesDoNot() {
        Sample sample = RandomComplexes.sample("a", 20, 5, 1);
        double[] logits = run(DType.F64, RandomComplexes.input(WIDTH, sample), null).logits;
        HeteroAtoms around = sample.surroundings();
        double[] far = Arrays.copyOf(around.positions(), around.positions().length + 3);
        far[far.length - 1] = 200;
        int[] elements = Arrays.copyOf(around.elements(), around.size() + 1);
        assertArrayEquals(logits, run(DType.F64, RandomComplexes.input(WIDTH, around(sample, new HeteroAtoms(far, elements))), null).logits, 1e-12);
        assertTrue(farthest(logits, run(DType.F64, RandomComplexes.input(WIDTH, around(sample, HeteroAtoms.NONE)), null).logits) > 1e-3);
    }

    private static Sample around(Sample s, HeteroAtoms surroundings) {
        return new Sample(s.id(), s.residues(), s.ligand(), s.tokens(), surroundings, s.ligandDistance(), s.pocketWeight(), s.notes(), s.hash());
    }

    @Test
    void backendsAgree() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 30, 8, 1));
        try (Stage1Model model = TinyModel.create(device, DType.F64, PACKER); TensorArena arena = device.arena()) {
            assertArrayEquals(model.forward(Tape.inference(arena), input, new ReferenceBackend()).chi().logits().toDoubles(),
                    model.forward(Tape.inference(arena), input, flash).chi().logits().toDoubles(), 1e-10);
        }
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        Sample sample = RandomComplexes.sample("a", 9, 4, 1);
        ModelInput input = RandomComplexes.input(WIDTH, sample);
        Torsions truth = truth(sample);
        try (Stage1Model model = TinyModel.create(device, DType.F64, PACKER); TensorArena arena = device.arena()) {
            Tape tape = Tape.training(arena, 1);
            tape.backward(loss(tape, model.forward(tape, input, null, truth, flash)));
            Map<String, Tensor> parameters = model.parameters().trainable();
            parameters.forEach((name, parameter) -> {
                double[] values = parameter.toDoubles();
                double[] gradient = parameter.gradient().toDoubles();
                SplittableRandom random = new SplittableRandom(name.hashCode());
                double[] direction = random.doubles(values.length, -1, 1).toArray();
                double expected = (loss(model, input, truth, parameter, moved(values, direction, STEP))
                        - loss(model, input, truth, parameter, moved(values, direction, -STEP))) / (2 * STEP);
                parameter.set(values);
                double actual = IntStream.range(0, values.length).mapToDouble(i -> gradient[i] * direction[i]).sum();
                assertEquals(expected, actual, 1e-6 * Math.max(1, Math.abs(expected)), name);
                assertTrue(Math.abs(actual) > 1e-9, name + " has no effect");
            });
        }
    }

    private static double[] moved(double[] values, double[] direction, double step) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i] + step * direction[i]).toArray();
    }

    private double loss(Stage1Model model, ModelInput input, Torsions truth, Tensor parameter, double[] values) {
        parameter.set(values);
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.training(arena, 1);
            return loss(tape, model.forward(tape, input, null, truth, flash)).item();
        }
    }

    /** A sum over logits and drafts with different weights each. */
    private static Tensor loss(Tape tape, Stage1Output output) {
        Tensor sum = weighted(tape, output.chi().logits(), 1);
        for (Tensor draft : output.chi().drafts()) {
            sum = Ops.add(tape, sum, weighted(tape, draft, 2));
        }
        return sum;
    }

    private static Tensor weighted(Tape tape, Tensor logits, long seed) {
        double[] weights = new SplittableRandom(seed).doubles(logits.size(), -1, 1).toArray();
        return Ops.weightedSum(tape, Ops.logSoftmax(tape, logits), tape.scratch(logits.dtype(), logits.shape()).set(weights));
    }

    @Test
    void inTrainingThereAreNoTorsions() {
        Sample sample = RandomComplexes.sample("a", 9, 4, 1);
        try (Stage1Model model = TinyModel.create(device, DType.F32, PACKER); TensorArena arena = device.arena()) {
            Stage1Output output = model.forward(Tape.training(arena, 1), RandomComplexes.input(WIDTH, sample), null, truth(sample), flash);
            assertNull(output.torsions());
            assertEquals(PACKER.depth() - 1, output.chi().drafts().size());
        }
    }

    @Test
    void withoutAttentionOrMessagesThereAreNoParametersOfThem() {
        Stage1Config c = PACKER;
        Stage1Config local = new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(), c.headWidth(),
                0,
                true, false, 15, 1.5, false, new Stage1Config.Local(4, 6, 0, false), c.chi());
        Stage1Config attention = new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(),
                c.headWidth(), 0, true, false, 15, 1.5, false, Stage1Config.Local.NONE, new Stage1Config.Chi(12, false));
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 9, 4, 1));
        for (Stage1Config config : List.of(local, attention)) {
            try (Stage1Model model = TinyModel.create(device, DType.F32, config); TensorArena arena = device.arena()) {
                boolean attends = config.local().attention();
                assertEquals(attends, model.parameters().all().keySet().stream().anyMatch(name -> name.contains(".ipa.") || name.startsWith("edge_embedder")));
                assertEquals(!attends, model.parameters().all().keySet().stream().anyMatch(name -> name.contains("local")));
                assertFalse(DoubleStream.of(model.forward(Tape.inference(arena), input, flash).chi().logits().toDoubles()).anyMatch(Double::isNaN));
            }
        }
    }

    @Test
    void whatCannotGoTogetherIsRefused() {
        Stage1Config c = PACKER;
        Stage1Config wrong = new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(), c.headWidth(),
                0,
                true, true, 15, 1.5, true, new Stage1Config.Local(4, 0, 3, true), new Stage1Config.Chi(5, true));
        String message = assertThrows(IllegalArgumentException.class, wrong::validate).getMessage();
        assertEquals("local.width must be at least 1, not 0; "
                + "local.neighbours must be 0 where updateFrames is true: messages see the backbone as it was given; "
                + "chi.bins must be at least 12, not 5; "
                + "updateFrames and rotamerHead must be false with chi.bins: distributions are all that such a network gives", message);
    }
}
