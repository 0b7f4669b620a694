package org.bindrae.stage1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.data.Batch;
import org.bindrae.data.ElementClass;
import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;

/** Compact random chains with ideal geometry, two chains per protein, and ligand tokens near their middle. */
public final class RandomComplexes {
    private static final double STEP = 3.8;

    private RandomComplexes() {
    }

    public static Sample sample(String id, int residues, int tokens, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BackboneFrames frames = walk(residues, random);
        int[] types = random.ints(residues, 0, ResidueConstants.TYPES).toArray();
        double[] atoms = ForwardKinematics.atoms(frames, torsions(residues, random), types);
        boolean[] present = new boolean[residues * ResidueConstants.SLOTS];
        List<ResidueId> ids = new ArrayList<>();
        boolean[] breakBefore = new boolean[residues];
        for (int i = 0; i < residues; i++) {
            boolean second = i >= residues / 2;
            ids.add(new ResidueId(second ? "B" : "A", second ? i : i + 7, ""));
            breakBefore[i] = i == 0 || i == residues / 2;
            for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
                present[i * ResidueConstants.SLOTS + slot] = ResidueConstants.exists(types[i], slot);
            }
        }
        ResidueTable table = new ResidueTable(ids, Collections.nCopies(residues, "UNK"), types, atoms, present, breakBefore);
        return new Sample(id, table, Ligand.NONE, tokens(tokens, random), hetero(tokens, random), new double[residues], new double[residues], List.of(), "");
    }

    /** The sample moved rigidly. */
    public static Sample moved(Sample sample, RigidFrame motion) {
        ResidueTable table = sample.residues();
        ResidueTable moved = new ResidueTable(table.ids(), table.names(), table.types(), moved(table.atom14(), motion), table.present(), table.breakBefore());
        LigandTokens tokens = new LigandTokens(moved(sample.tokens().positions(), motion), sample.tokens().features());
        HeteroAtoms surroundings = new HeteroAtoms(moved(sample.surroundings().positions(), motion), sample.surroundings().elements());
        return new Sample(sample.id(), moved, sample.ligand(), tokens, surroundings, sample.ligandDistance(), sample.pocketWeight(), sample.notes(),
                sample.hash());
    }

    /** Points turned by a motion and shifted. */
    public static double[] moved(double[] points, RigidFrame motion) {
        double[] moved = new double[points.length];
        for (int i = 0; i < points.length / 3; i++) {
            motion.apply(Vec3.at(points, i)).store(moved, i);
        }
        return moved;
    }

    /** A random rotation and a shift of this length. */
    public static RigidFrame motion(double shift, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Vec3 axis = vector(random, 1).unit();
        return RigidFrame.ofAxisAngle(axis.times(random.nextDouble(0.1, Math.PI)), vector(random, 1).unit().times(shift));
    }

    /** Standard normal numbers. */
    public static float[] embeddings(Batch batch, int width, long seed) {
        float[] all = new float[batch.residues().total() * width];
        // by sample, so that a sample has the same in every batch
        for (int s = 0; s < batch.samples().size(); s++) {
            SplittableRandom random = new SplittableRandom(seed ^ batch.samples().get(s).id().hashCode());
            for (int i = batch.residues().start(s) * width; i < batch.residues().end(s) * width; i++) {
                all[i] = (float) random.nextGaussian();
            }
        }
        return all;
    }

    public static ModelInput input(List<Sample> samples, int width) {
        Batch batch = Batch.of(samples);
        return ModelInput.of(batch, embeddings(batch, width, 3));
    }

    public static ModelInput input(int width, Sample... samples) {
        return input(Arrays.asList(samples), width);
    }

    /** A walk that turns back towards the middle when it leaves a ball of the size of a folded protein. */
    private static BackboneFrames walk(int residues, SplittableRandom random) {
        BackboneFrames frames = new BackboneFrames(new double[9 * residues], new double[3 * residues], new boolean[residues]);
        double radius = 2.2 * Math.pow(Math.max(1, residues), 0.38) + STEP;
        Vec3 at = Vec3.ZERO;
        for (int i = 0; i < residues; i++) {
            // of different lengths, because neighbours at equal distances would be in an order that rounding decides
            Vec3 step = vector(random, 1).unit().times(STEP + 0.1 * random.nextGaussian());
            at = at.plus(step).norm() > radius ? at.minus(at.unit().times(step.norm())) : at.plus(step);
            Vec3 turn = vector(random, 1).unit().times(random.nextDouble(Math.PI));
            RigidFrame.ofAxisAngle(turn, at).store(frames.rotations(), frames.translations(), i);
            frames.mask()[i] = true;
        }
        return frames;
    }

    private static double[] torsions(int residues, SplittableRandom random) {
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * residues];
        for (int i = 0; i < torsions.length; i += 2) {
            double angle = random.nextDouble(2 * Math.PI);
            torsions[i] = Math.sin(angle);
            torsions[i + 1] = Math.cos(angle);
        }
        return torsions;
    }

    private static LigandTokens tokens(int count, SplittableRandom random) {
        double[] positions = new double[3 * count];
        float[] features = new float[LigandTokens.WIDTH * count];
        for (int i = 0; i < count; i++) {
            vector(random, 4).store(positions, i);
            for (int f = 0; f < LigandTokens.WIDTH; f++) {
                features[i * LigandTokens.WIDTH + f] = random.nextInt(4) == 0 ? 1 : 0;
            }
        }
        return new LigandTokens(positions, features);
    }

    private static HeteroAtoms hetero(int count, SplittableRandom random) {
        double[] positions = new double[3 * count];
        for (int i = 0; i < count; i++) {
            vector(random, 4).store(positions, i);
        }
        return new HeteroAtoms(positions, random.ints(count, 0, ElementClass.values().length).toArray());
    }

    private static Vec3 vector(SplittableRandom random, double deviation) {
        return new Vec3(deviation * random.nextGaussian(), deviation * random.nextGaussian(), deviation * random.nextGaussian());
    }
}
