package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.data.LigandTokens;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.ModelInput;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.Test;

class BatchLoaderTest {
    private static final TrainingConfig REPACK = TinyRun.config();
    private static final TrainingConfig DENOISE = TinyRun.with(REPACK, Task.DENOISE, 3, 1, Monitor.LOSS, 0);

    private static PreparedBatch prepare(TrainingConfig config, List<Sample> samples, int draw, int... members) throws IOException {
        try (CpuDevice device = new CpuDevice(1, true); BatchLoader loader = new BatchLoader(config, new Losses(config.loss()), device, DType.F32)) {
            return loader.prepare(TinyRun.set(samples), members, draw);
        }
    }

    /** The same complex with its side chains somewhere else. */
    private static Sample otherSideChains(Sample sample) {
        ResidueTable table = sample.residues();
        double[] atoms = table.atom14().clone();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < atoms.length; i++) {
            if (i / 3 % ResidueConstants.SLOTS > ResidueConstants.O) {
                atoms[i] += random.nextDouble(-2, 2);
            }
        }
        ResidueTable changed = new ResidueTable(table.ids(), table.names(), table.types(), atoms, table.present(), table.breakBefore());
        return new Sample(sample.id(), changed, sample.ligand(), sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), sample.notes(),
                sample.hash());
    }

    private static void assertSameInput(ModelInput expected, ModelInput actual) {
        assertArrayEquals(expected.frames().rotations(), actual.frames().rotations());
        assertArrayEquals(expected.frames().translations(), actual.frames().translations());
        assertArrayEquals(expected.sideChainCentres(), actual.sideChainCentres());
        assertArrayEquals(expected.embeddings(), actual.embeddings());
        assertArrayEquals(expected.tokenPositions(), actual.tokenPositions());
        assertArrayEquals(expected.tokenFeatures(), actual.tokenFeatures());
    }

    @Test
    void trueSideChainsDoNotReachTheInput() throws IOException {
        Sample sample = RandomComplex.whole("a", 12, 4);
        for (TrainingConfig config : List.of(REPACK, DENOISE)) {
            PreparedBatch one = prepare(config, List.of(sample), 0, 0);
            PreparedBatch other = prepare(config, List.of(otherSideChains(sample)), 0, 0);
            assertSameInput(one.input(), other.input());
            assertFalse(Arrays.equals(one.target().torsions().sinCos(), other.target().torsions().sinCos()));
        }
    }

    @Test
    void trueFramesDoNotReachTheInputOfDenoising() throws IOException {
        List<Sample> samples = List.of(RandomComplex.whole("a", 30, 4));
        PreparedBatch repack = prepare(REPACK, samples, 0, 0);
        PreparedBatch denoise = prepare(DENOISE, samples, 0, 0);
        assertArrayEquals(repack.target().frames().rotations(), repack.input().frames().rotations());
        assertArrayEquals(repack.target().frames().rotations(), denoise.target().frames().rotations());
        assertArrayEquals(repack.target().torsions().sinCos(), denoise.target().torsions().sinCos());
        for (int i = 0; i < 30; i++) {
            RigidFrame truth = denoise.target().frames().frame(i);
            RigidFrame given = denoise.input().frames().frame(i);
            assertTrue(truth.origin().distance(given.origin()) > 1e-3, "residue " + i);
            // the side-chain centres have moved with the frames: in both they lie at the same place
            Vec3 ideal = repack.input().frames().frame(i).toLocal(Vec3.at(repack.input().sideChainCentres(), i));
            assertEquals(0, ideal.distance(given.toLocal(Vec3.at(denoise.input().sideChainCentres(), i))), 1e-9);
        }
    }

    @Test
    void repackingSeesRoundedBackbonesInTrainingAndExactOnesInValidation() throws IOException {
        List<Sample> samples = List.of(RandomComplex.whole("a", 30, 4));
        PreparedBatch validation = prepare(REPACK, samples, BatchLoader.VALIDATION, 0);
        assertArrayEquals(validation.target().frames().translations(), validation.input().frames().translations());
        PreparedBatch training = prepare(REPACK, samples, 0, 0);
        double squares = 0;
        for (int i = 0; i < 90; i++) {
            squares += Math.pow(training.input().frames().translations()[i] - training.target().frames().translations()[i], 2);
        }
        assertEquals(REPACK.coordinateNoise(), Math.sqrt(squares / 90), 0.01);
    }

    @Test
    void noiseHasTheDeviationsAskedFor() {
        int count = 20_000;
        BackboneFrames frames = new BackboneFrames(new double[9 * count], new double[3 * count], new boolean[count]);
        RigidFrame start = RigidFrame.ofAxisAngle(new Vec3(1, 2, 0.5), new Vec3(5, 6, 7));
        for (int i = 0; i < count; i++) {
            start.store(frames.rotations(), frames.translations(), i);
        }
        new FrameNoise(0.5, 10, 1).move(frames, 0, count, "a", 0);
        double shifts = 0;
        double turns = 0;
        Vec3 meanAxis = Vec3.ZERO;
        for (int i = 0; i < count; i++) {
            shifts += Math.pow(frames.frame(i).origin().distance(start.origin()), 2) / 3;
            RigidFrame turn = start.inverse().compose(frames.frame(i));
            double angle = Math.acos(Math.min(1, (turn.ex().x() + turn.ey().y() + turn.ez().z() - 1) / 2));
            turns += angle * angle;
            meanAxis = meanAxis.plus(new Vec3(turn.ey().z() - turn.ez().y(), turn.ez().x() - turn.ex().z(), turn.ex().y() - turn.ey().x()));
        }
        assertEquals(0.5, Math.sqrt(shifts / count), 0.01);
        assertEquals(10, Math.toDegrees(Math.sqrt(turns / count)), 0.2);
        assertEquals(0, meanAxis.norm() / count, 0.01);
    }

    @Test
    void noiseDependsOnSeedEpochAndSampleAlone() throws IOException {
        List<Sample> samples = TinyRun.samples("t", 4);
        PreparedBatch alone = prepare(DENOISE, samples, 5, 2);
        PreparedBatch among = prepare(DENOISE, samples, 5, 3, 2, 1);
        int start = among.input().residues().start(1);
        int end = among.input().residues().end(1);
        assertArrayEquals(alone.input().frames().rotations(), Arrays.copyOfRange(among.input().frames().rotations(), 9 * start, 9 * end));
        assertFalse(Arrays.equals(alone.input().frames().rotations(), prepare(DENOISE, samples, 6, 2).input().frames().rotations()));
        assertArrayEquals(prepare(DENOISE, samples, BatchLoader.VALIDATION, 2).input().frames().rotations(),
                prepare(DENOISE, samples, BatchLoader.VALIDATION, 2).input().frames().rotations());
    }

    @Test
    void everySampleKeepsItsOwnEmbeddings() throws IOException {
        List<Sample> samples = TinyRun.samples("t", 4);
        PreparedBatch batch = prepare(REPACK, samples, 0, 3, 1);
        float[] second = prepare(REPACK, samples, 0, 1).input().embeddings();
        float[] both = batch.input().embeddings();
        assertArrayEquals(second, Arrays.copyOfRange(both, both.length - second.length, both.length));
        assertEquals(List.of("t3", "t1"), batch.ids());
        assertEquals(LigandTokens.WIDTH * batch.input().tokens().total(), batch.input().tokenFeatures().length);
    }
}
