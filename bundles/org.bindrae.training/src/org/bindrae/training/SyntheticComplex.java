package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.data.Batch;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Config;

/** Compact random chains with ideal side chains and a ligand in their middle: for benchmarks and tests. */
public final class SyntheticComplex {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final List<String> ELEMENTS = List.of("C", "N", "O", "Cl");

    private SyntheticComplex() {
    }

    /** Random types, all atoms known. */
    public static Sample of(String id, int residues, int ligandAtoms, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] types = random.ints(residues, 0, ResidueConstants.TYPES).toArray();
        return of(id, types, new boolean[residues * SLOTS], ligandAtoms, random);
    }

    /**
     * Residues of these types, the sixth of which begins a second chain.
     *
     * @param missing atoms that are not known [T, 14]
     */
    public static Sample of(String id, int[] types, boolean[] missing, int ligandAtoms, SplittableRandom random) {
        int residues = types.length;
        BackboneFrames frames = walk(residues, random);
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * residues];
        for (int i = 0; i < torsions.length; i += 2) {
            double angle = random.nextDouble(2 * Math.PI);
            torsions[i] = Math.sin(angle);
            torsions[i + 1] = Math.cos(angle);
        }
        double[] atoms = ForwardKinematics.atoms(frames, torsions, types);
        boolean[] present = new boolean[residues * SLOTS];
        boolean[] breakBefore = new boolean[residues];
        List<ResidueId> ids = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < residues; i++) {
            ids.add(new ResidueId(i < 5 ? "A" : "B", i, ""));
            names.add(ResidueConstants.code(types[i]));
            breakBefore[i] = i == 0 || i == 5;
            for (int slot = 0; slot < SLOTS; slot++) {
                int atom = i * SLOTS + slot;
                if (types[i] == ResidueConstants.UNKNOWN && slot < 4) {
                    frames.frame(i).apply(ResidueConstants.idealPosition(0, slot)).store(atoms, atom);
                }
                present[atom] = slot < ResidueConstants.atoms(types[i]).size() && !missing[atom];
                if (!present[atom]) {
                    Vec3.ZERO.store(atoms, atom);
                }
            }
        }
        ResidueTable table = new ResidueTable(ids, names, types, atoms, present, breakBefore);
        Ligand ligand = ligand(ligandAtoms, random);
        double[] distance = new double[residues];
        double[] weight = new double[residues];
        for (int i = 0; i < residues; i++) {
            Vec3 ca = Vec3.at(frames.translations(), i);
            distance[i] = ligand.atoms().stream().mapToDouble(atom -> atom.position().distance(ca)).min().orElseThrow();
            weight[i] = Math.exp(-distance[i] * distance[i] / 50);
        }
        return new Sample(id, table, ligand, tokens(ligand), distance, weight, List.of(), "hash of " + id);
    }

    /** A walk that turns back towards the middle when it leaves a ball of the size of a folded protein. */
    private static BackboneFrames walk(int residues, SplittableRandom random) {
        BackboneFrames frames = new BackboneFrames(new double[9 * residues], new double[3 * residues], new boolean[residues]);
        Arrays.fill(frames.mask(), true);
        double radius = 2.2 * Math.pow(residues, 0.38) + 3.8;
        Vec3 at = new Vec3(20, -30, 10);
        Vec3 centre = at;
        for (int i = 0; i < residues; i++) {
            Vec3 step = direction(random).times(3.8 + 0.1 * random.nextGaussian());
            at = at.plus(step).distance(centre) > radius ? at.minus(at.minus(centre).unit().times(step.norm())) : at.plus(step);
            RigidFrame.ofAxisAngle(direction(random).times(random.nextDouble(Math.PI)), at).store(frames.rotations(), frames.translations(), i);
        }
        return frames;
    }

    private static Vec3 direction(SplittableRandom random) {
        return new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian()).unit();
    }

    private static Ligand ligand(int size, SplittableRandom random) {
        List<LigandAtom> atoms = new ArrayList<>();
        List<Ligand.Bond> bonds = new ArrayList<>();
        Vec3 at = new Vec3(20, -30, 10);
        for (int i = 0; i < size; i++) {
            String element = ELEMENTS.get(i % ELEMENTS.size());
            at = at.plus(direction(random).times(1.5));
            atoms.add(new LigandAtom(element + i, element, at, 0, false, 0, 0, 1, false, false, false));
            if (i > 0) {
                bonds.add(new Ligand.Bond(i - 1, i, 1));
            }
        }
        return new Ligand("LIG", atoms, bonds);
    }

    private static LigandTokens tokens(Ligand ligand) {
        float[] features = new float[ligand.atoms().size() * LigandTokens.WIDTH];
        for (int i = 0; i < ligand.atoms().size(); i++) {
            features[i * LigandTokens.WIDTH + i % ELEMENTS.size()] = 1;
        }
        return new LigandTokens(ligand.positions(), features);
    }

    /** A batch of such complexes with random embeddings, different for each {@code number}. */
    static PreparedBatch batch(Stage1Config model, Losses losses, int[] lengths, int ligandAtoms, int number) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            samples.add(of("complex " + number + "." + i, lengths[i], ligandAtoms, 1000L * number + i));
        }
        Batch batch = Batch.of(samples);
        SplittableRandom random = new SplittableRandom(number);
        float[] embeddings = new float[batch.residues().total() * model.embeddingWidth()];
        for (int i = 0; i < embeddings.length; i++) {
            embeddings[i] = (float) random.nextGaussian();
        }
        ModelInput input = fitted(ModelInput.of(batch, embeddings), model.ligand().features());
        return new PreparedBatch(samples.stream().map(Sample::id).toList(), input, losses.target(batch));
    }

    /** With as many features of each ligand atom as a network takes. */
    private static ModelInput fitted(ModelInput input, int wanted) {
        int tokens = input.tokens().total();
        float[] features = new float[tokens * wanted];
        for (int token = 0; token < tokens; token++) {
            System.arraycopy(input.tokenFeatures(), token * LigandTokens.WIDTH, features, token * wanted, Math.min(LigandTokens.WIDTH, wanted));
        }
        return new ModelInput(input.residues(), input.types(), input.frames(), input.sideChainCentres(), input.residueNumbers(), input.chains(),
                input.embeddings(), input.tokens(), input.tokenPositions(), features, input.local());
    }
}
