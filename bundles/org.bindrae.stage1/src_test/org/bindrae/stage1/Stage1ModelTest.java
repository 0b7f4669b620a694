package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.data.Batch;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.edge.internal.FlashNoBias;
import org.bindrae.edge.internal.Orig2dBias;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Stage1ModelTest {
    private static final int WIDTH = TinyModel.EMBEDDING;
    private static final Stage1Config MOVING = TinyModel.config(true, false);
    private static final Stage1Config FIXED = TinyModel.config(false, false);

    private final CpuDevice device = new CpuDevice();
    private final AttentionBackend reference = new ReferenceBackend();
    private final AttentionBackend flash = new FlashCpuBackend();

    /** Results as plain numbers. */
    private record Result(double[] torsions, double[] rotamers, double[] rotations, double[] translations, double[] atoms) {
        static Result of(Stage1Output output) {
            return new Result(output.torsions().toDoubles(), output.rotamerLogits().toDoubles(), output.frames().rotations().toDoubles(),
                    output.frames().translations().toDoubles(), output.atoms().toDoubles());
        }

        /** Residues from … to. */
        Result part(int from, int to) {
            return new Result(Arrays.copyOfRange(torsions, 14 * from, 14 * to), Arrays.copyOfRange(rotamers, 3 * from, 3 * to),
                    Arrays.copyOfRange(rotations, 9 * from, 9 * to), Arrays.copyOfRange(translations, 3 * from, 3 * to),
                    Arrays.copyOfRange(atoms, 42 * from, 42 * to));
        }
    }

    @AfterEach
    void closeDevice() {
        device.close();
    }

    private Result run(Stage1Config config, DType type, ModelInput input, AttentionBackend backend) {
        try (Stage1Model model = TinyModel.create(device, type, config)) {
            return run(model, input, backend);
        }
    }

    private Result run(Stage1Model model, ModelInput input, AttentionBackend backend) {
        try (TensorArena arena = device.arena()) {
            return Result.of(model.forward(Tape.inference(arena), input, backend));
        }
    }

    private static void assertSame(Result expected, Result actual, double tolerance) {
        assertArrayEquals(expected.torsions, actual.torsions, tolerance);
        assertArrayEquals(expected.rotamers, actual.rotamers, tolerance);
        assertArrayEquals(expected.rotations, actual.rotations, tolerance);
        assertArrayEquals(expected.translations, actual.translations, tolerance);
        assertArrayEquals(expected.atoms, actual.atoms, tolerance);
    }

    private static double farthest(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElse(0);
    }

    @ParameterizedTest
    @CsvSource({"F64, 0, 1e-10, 1e-9", "F64, 100, 1e-10, 1e-9", "F64, 1000, 1e-9, 1e-9", "F32, 0, 1e-4, 1e-3", "F32, 50, 1e-4, 1e-3",
            "F32, 1000, 1e-4, 1e-3"})
    void torsionsStayAndAtomsMoveWithTheSample(DType type, double shift, double tolerance, double positionTolerance) {
        for (boolean update : new boolean[] {true, false}) {
            for (int seed = 0; seed < 3; seed++) {
                Sample sample = RandomComplexes.sample("s", 40, 12, seed);
                RigidFrame motion = RandomComplexes.motion(shift, seed);
                Sample moved = RandomComplexes.moved(sample, motion);
                Result still = run(TinyModel.config(update, false), type, RandomComplexes.input(WIDTH, sample), flash);
                Result after = run(TinyModel.config(update, false), type, RandomComplexes.input(WIDTH, moved), flash);
                assertArrayEquals(still.torsions, after.torsions, tolerance);
                assertArrayEquals(still.rotamers, after.rotamers, tolerance);
                assertArrayEquals(RandomComplexes.moved(inFile(still.atoms, sample), motion), inFile(after.atoms, moved), positionTolerance);
            }
        }
    }

    /** Atoms in the coordinates of the sample's file; those that do not exist lie at the origin of the sample. */
    private static double[] inFile(double[] atoms, Sample sample) {
        double[] origin = Batch.of(List.of(sample)).origins();
        return IntStream.range(0, atoms.length).mapToDouble(i -> atoms[i] + origin[i % 3]).toArray();
    }

    @Test
    void packedSamplesGiveWhatEachGivesAlone() {
        List<Sample> samples = List.of(RandomComplexes.sample("a", 17, 5, 1), RandomComplexes.sample("b", 1, 0, 2),
                withoutFrames(RandomComplexes.sample("c", 9, 70, 3), 0, 8), RandomComplexes.sample("d", 23, 0, 4));
        Result together = run(MOVING, DType.F64, RandomComplexes.input(samples, WIDTH), flash);
        int start = 0;
        for (Sample sample : samples) {
            Result alone = run(MOVING, DType.F64, RandomComplexes.input(WIDTH, sample), flash);
            assertSame(alone, together.part(start, start + sample.residues().size()), 1e-10);
            start += sample.residues().size();
        }
    }

    @ParameterizedTest
    @CsvSource({"F64, 1e-10", "F32, 1e-4"})
    void backendsAgree(DType type, double tolerance) {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 30, 8, 1), RandomComplexes.sample("b", 12, 3, 2));
        assertSame(run(MOVING, type, input, reference), run(MOVING, type, input, flash), tolerance);
    }

    @Test
    void singlePrecisionIsCloseToDouble() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 30, 8, 1));
        assertSame(run(MOVING, DType.F64, input, reference), run(MOVING, DType.F32, input, flash), 1e-4);
    }

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false"})
    void gradientsAreThoseOfFiniteDifferences(boolean updateFrames, boolean preNorm) {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 6, 4, 1), RandomComplexes.sample("b", 3, 2, 2),
                RandomComplexes.sample("c", 2, 0, 3));
        try (Stage1Model model = TinyModel.create(device, DType.F64, TinyModel.config(updateFrames, preNorm))) {
            for (AttentionBackend backend : List.of(reference, flash)) {
                model.parameters().zeroGradients();
                try (TensorArena arena = device.arena()) {
                    Tape tape = Tape.recording(arena);
                    tape.backward(loss(tape, model.forward(tape, input, backend)));
                }
                model.parameters().trainable().forEach((name, tensor) -> checkSlope(model, input, backend, name, tensor));
            }
        }
    }

    /** Compares the slope along a random direction of one parameter. */
    private void checkSlope(Stage1Model model, ModelInput input, AttentionBackend backend, String name, Tensor parameter) {
        double[] values = parameter.toDoubles();
        double[] gradient = parameter.gradient().toDoubles();
        double[] direction = IntStream.range(0, values.length).mapToDouble(i -> Philox.normal(8, Philox.stream(name), i)).toArray();
        double slope = IntStream.range(0, values.length).mapToDouble(i -> gradient[i] * direction[i]).sum();
        double step = 2e-6;
        double ahead = lossAt(model, input, backend, parameter, values, direction, step);
        double behind = lossAt(model, input, backend, parameter, values, direction, -step);
        parameter.set(values);
        assertEquals((ahead - behind) / (2 * step), slope, 1e-6 * Math.max(1, Math.abs(slope)), name);
        boolean unused = name.contains("frame_update") && !model.config().updateFrames();
        assertEquals(unused, Arrays.stream(gradient).allMatch(g -> g == 0), name + " has no gradient");
    }

    private double lossAt(Stage1Model model, ModelInput input, AttentionBackend backend, Tensor parameter, double[] values, double[] direction, double step) {
        parameter.set(IntStream.range(0, values.length).mapToDouble(i -> values[i] + step * direction[i]).toArray());
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.inference(arena);
            return loss(tape, model.forward(tape, input, backend)).item();
        }
    }

    /** A random linear function of everything that comes out. */
    private static Tensor loss(Tape tape, Stage1Output output) {
        Tensor sum = null;
        Map<String, Tensor> terms = new LinkedHashMap<>();
        terms.put("torsions", output.torsions());
        terms.put("raw", output.rawTorsions());
        terms.put("rotamers", output.rotamerLogits());
        terms.put("atoms", output.atoms());
        terms.put("rotations", output.frames().rotations());
        terms.put("translations", output.frames().translations());
        for (Map.Entry<String, Tensor> term : terms.entrySet()) {
            Tensor x = term.getValue();
            double[] weights = IntStream.range(0, Math.toIntExact(x.size())).mapToDouble(i -> Philox.normal(9, Philox.stream(term.getKey()), i)).toArray();
            Tensor value = Ops.weightedSum(tape, x, tape.scratch(x.dtype(), x.shape()).set(weights));
            sum = sum == null ? value : Ops.add(tape, sum, value);
        }
        return sum;
    }

    @Test
    void trueSideChainsDoNotReachTheInput() {
        Sample sample = RandomComplexes.sample("a", 20, 6, 1);
        double[] other = sample.residues().atom14().clone();
        boolean[] absent = sample.residues().present().clone();
        for (int atom = 0; atom < absent.length; atom++) {
            if (atom % ResidueConstants.SLOTS >= ResidueConstants.CB) {
                for (int axis = 0; axis < 3; axis++) {
                    other[3 * atom + axis] += Math.sin(atom + axis);
                }
                absent[atom] &= atom % 3 == 0;
            }
        }
        Result expected = run(MOVING, DType.F64, RandomComplexes.input(WIDTH, sample), flash);
        Result actual = run(MOVING, DType.F64, RandomComplexes.input(WIDTH, with(sample, other, absent)), flash);
        assertSame(expected, actual, 0);
    }

    private static Sample with(Sample sample, double[] atoms, boolean[] present) {
        ResidueTable t = sample.residues();
        ResidueTable table = new ResidueTable(t.ids(), t.names(), t.types(), atoms, present, t.breakBefore());
        return new Sample(sample.id(), table, sample.ligand(), sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), sample.notes(), sample.hash());
    }

    private static Sample withoutFrames(Sample sample, int... residues) {
        boolean[] present = sample.residues().present().clone();
        for (int residue : residues) {
            present[residue * ResidueConstants.SLOTS + ResidueConstants.C] = false;
        }
        return with(sample, sample.residues().atom14(), present);
    }

    @Test
    void withoutFrameUpdatesTheBackboneStaysExactly() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 20, 6, 1));
        Result result = run(FIXED, DType.F64, input, flash);
        assertArrayEquals(input.frames().rotations(), result.rotations);
        assertArrayEquals(input.frames().translations(), result.translations);
        assertTrue(farthest(result.translations, run(MOVING, DType.F64, input, flash).translations) > 0.01);
    }

    @Test
    void framesMoveNoFartherThanTheLimits() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 20, 6, 1));
        try (Stage1Model model = TinyModel.create(device, DType.F64, MOVING)) {
            model.parameters().trainable().forEach((name, tensor) -> {
                if (name.contains("frame_update.linear_2")) {
                    tensor.set(Arrays.stream(tensor.toDoubles()).map(x -> 100 * x).toArray());
                }
            });
            Result result = run(model, input, flash);
            double[] before = input.frames().translations();
            for (int i = 0; i < before.length; i += 3) {
                double shift = Math.sqrt(Math.pow(result.translations[i] - before[i], 2) + Math.pow(result.translations[i + 1] - before[i + 1], 2)
                        + Math.pow(result.translations[i + 2] - before[i + 2], 2));
                assertTrue(shift > 1 && shift <= 2 * 1.5 + 1e-9, "moved by " + shift);
            }
        }
    }

    @Test
    void torsionsHaveLengthOne() {
        double[] torsions = run(MOVING, DType.F64, RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 20, 6, 1)), flash).torsions;
        for (int i = 0; i < torsions.length; i += 2) {
            assertEquals(1, Math.hypot(torsions[i], torsions[i + 1]), 1e-12);
        }
    }

    @Test
    void oneResidueIsEnough() {
        Result result = run(MOVING, DType.F32, RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 1, 3, 1)), flash);
        assertTrue(Arrays.stream(result.atoms).allMatch(Double::isFinite));
    }

    @Test
    void residuesWithoutFrameArePredictedLikeTheOthers() {
        Sample sample = withoutFrames(RandomComplexes.sample("a", 12, 3, 1), 0, 5, 11);
        ModelInput input = RandomComplexes.input(WIDTH, sample);
        assertFalse(input.frames().mask()[5]);
        Result result = run(MOVING, DType.F64, input, flash);
        assertTrue(Arrays.stream(result.atoms).allMatch(Double::isFinite));
        assertTrue(Arrays.stream(result.torsions, 14 * 5, 14 * 6).anyMatch(x -> x != 0));
    }

    @Test
    void theLigandMatters() {
        ModelInput bound = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 5, 1));
        assertTrue(farthest(run(FIXED, DType.F64, bound, flash).torsions, run(FIXED, DType.F64, withoutLigand(bound), flash).torsions) > 1e-3);
    }

    private static ModelInput withoutLigand(ModelInput i) {
        Packing none = Packing.ofLengths(new int[i.residues().count()]);
        return new ModelInput(i.residues(), i.types(), i.frames(), i.sideChainCentres(), i.residueNumbers(), i.chains(), i.embeddings(), none, new double[0],
                new float[0], i.local());
    }

    /** With one block, the frame update can only reach the torsions through what the residues see of the ligand from where they have moved to. */
    @Test
    void theLigandIsSeenFromTheFramesAsTheyMove() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 6, 4, 1));
        try (Stage1Model model = TinyModel.create(device, DType.F64, TinyModel.withDepth(MOVING, 1)); TensorArena arena = device.arena()) {
            Tape tape = Tape.recording(arena);
            tape.backward(Ops.weightedSum(tape, model.forward(tape, input, flash).torsions(), null));
            double[] gradient = model.parameters().all().get("trunk.blocks.0.frame_update.linear_2.bias").gradient().toDoubles();
            assertTrue(Arrays.stream(gradient).allMatch(g -> Math.abs(g) > 1e-6));
        }
    }

    @Test
    void residueNumbersAndChainsMatter() {
        ModelInput i = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 0, 1));
        double[] torsions = run(FIXED, DType.F64, i, flash).torsions;
        int[] gap = i.residueNumbers().clone();
        Arrays.fill(gap, 3, 6, gap[3] + 100);
        assertTrue(farthest(torsions, run(FIXED, DType.F64, numbered(i, gap, i.chains()), flash).torsions) > 1e-4);
        assertTrue(farthest(torsions, run(FIXED, DType.F64, numbered(i, i.residueNumbers(), new int[12]), flash).torsions) > 1e-4);
        // only the distance to the start of the chain counts
        int[] shifted = Arrays.stream(i.residueNumbers()).map(number -> number + 40).toArray();
        assertArrayEquals(torsions, run(FIXED, DType.F64, numbered(i, shifted, i.chains()), flash).torsions);
    }

    private static ModelInput numbered(ModelInput i, int[] numbers, int[] chains) {
        return new ModelInput(i.residues(), i.types(), i.frames(), i.sideChainCentres(), numbers, chains, i.embeddings(), i.tokens(), i.tokenPositions(),
                i.tokenFeatures(), i.local());
    }

    @Test
    void withoutLigandTheConditionerMakesNoDifferenceAtAll() {
        ModelInput apo = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 0, 1));
        try (Stage1Model model = TinyModel.create(device, DType.F64, FIXED)) {
            Result open = run(model, apo, flash);
            model.parameters().trainable().forEach((name, tensor) -> {
                if (name.startsWith("conditioner") || name.startsWith("ligand_gate")) {
                    tensor.set(Arrays.stream(tensor.toDoubles()).map(x -> 3 - x).toArray());
                }
            });
            assertSame(open, run(model, apo, flash), 0);
        }
    }

    @Test
    void dropoutDependsOnTheSeedOfTheStepAlone() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 5, 1));
        try (Stage1Model model = TinyModel.create(device, DType.F32, TinyModel.withDropout(MOVING, 0.3));
                CpuDevice single = new CpuDevice(1, true);
                Stage1Model other = TinyModel.create(single, DType.F32, TinyModel.withDropout(MOVING, 0.3))) {
            double[] first = trained(model, device, input, 1);
            assertArrayEquals(first, trained(model, device, input, 1));
            assertArrayEquals(first, trained(other, single, input, 1));
            assertFalse(Arrays.equals(first, trained(model, device, input, 2)));
            assertSame(run(model, input, flash), run(model, input, flash), 0);
        }
    }

    /** Atoms, and gradients of all parameters, of a training step. */
    private double[] trained(Stage1Model model, CpuDevice on, ModelInput input, long seed) {
        model.parameters().zeroGradients();
        try (TensorArena arena = on.arena()) {
            Tape tape = Tape.training(arena, seed);
            Stage1Output output = model.forward(tape, input, flash);
            double[] atoms = output.atoms().toDoubles();
            tape.backward(loss(tape, output));
            return java.util.stream.DoubleStream.concat(Arrays.stream(atoms),
                    model.parameters().trainable().values().stream().flatMapToDouble(t -> Arrays.stream(t.gradient().toDoubles()))).toArray();
        }
    }

    @Test
    void theGateOpensWithTheSteps() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 5, 1));
        Stage1Config slow = TinyModel.withWarmUp(FIXED, 100);
        try (Stage1Model model = TinyModel.create(device, DType.F64, slow)) {
            double[] closed = run(model, withoutLigand(input), flash).torsions;
            assertArrayEquals(closed, run(model, input, flash).torsions);
            model.warmUp(1);
            double little = farthest(closed, run(model, input, flash).torsions);
            model.warmUp(100);
            double[] open = run(model, input, flash).torsions;
            assertTrue(little > 0 && little < 0.2 * farthest(closed, open));
            model.warmUp(100_000);
            assertArrayEquals(open, run(model, input, flash).torsions);
        }
    }

    @Test
    void otherEdgeModesWork() {
        ModelInput input = RandomComplexes.input(WIDTH, RandomComplexes.sample("a", 12, 5, 1));
        for (var mode : List.of(new FlashNoBias(), new Orig2dBias())) {
            Stage1Config.Edge e = FIXED.edge();
            Stage1Config.Edge edge = new Stage1Config.Edge(mode.name(), e.cZ(), e.rank(), e.featDim(), e.bins(), e.neighbours(), e.distance(), e.rbfKernels(),
                    e.chainIndex(), e.maxLength());
            Stage1Config c = new Stage1Config(FIXED.embeddingWidth(), FIXED.cS(), edge, FIXED.attention(), FIXED.ligand(), FIXED.depth(),
                    FIXED.transitionFactor(), FIXED.headWidth(), 0, false, false, 15, 1.5, false);
            try (Stage1Model model = new Stage1Model(device, DType.F32, c, mode, 1); TensorArena arena = device.arena()) {
                Stage1Output output = model.forward(Tape.inference(arena), input, reference);
                assertNull(output.rotamerLogits());
                assertTrue(Arrays.stream(output.atoms().toDoubles()).allMatch(Double::isFinite));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void embeddingsOfAnotherWidthAreRefused(int width) {
        ModelInput input = RandomComplexes.input(width, RandomComplexes.sample("a", 12, 5, 1));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> run(FIXED, DType.F32, input, flash));
        assertEquals("the network takes embeddings of 5 numbers, not " + width + "; they are another kind than it was made for", e.getMessage());
    }

    @Test
    void anotherEdgeModeThanConfiguredIsRefused() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> new Stage1Model(device, DType.F32, FIXED, new FlashNoBias(), 1));
        assertEquals("the configuration asks for the edge mode " + Flash1dBias.NAME + ", not " + new FlashNoBias().name(), e.getMessage());
    }

    @Test
    void theSameSeedGivesTheSameWeights() {
        try (Stage1Model a = new Stage1Model(device, DType.F32, FIXED, new Flash1dBias(), 1);
                Stage1Model b = new Stage1Model(device, DType.F32, FIXED, new Flash1dBias(), 1);
                Stage1Model c = new Stage1Model(device, DType.F32, FIXED, new Flash1dBias(), 2)) {
            String name = "trunk.blocks.1.ipa.linear_q.weight";
            assertArrayEquals(a.parameters().all().get(name).toFloats(), b.parameters().all().get(name).toFloats());
            assertFalse(Arrays.equals(a.parameters().all().get(name).toFloats(), c.parameters().all().get(name).toFloats()));
        }
    }
}
