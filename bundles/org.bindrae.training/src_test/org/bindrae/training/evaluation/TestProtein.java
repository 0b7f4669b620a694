package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

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
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.Repacking;

/** A chain of residues on a helix with chosen χ angles: frames one after the other, turned by 100° and shifted by 3.8 Å each, so that nothing touches. */
public final class TestProtein {
    private static final int CHI1 = 3;

    private final int[] types;
    private final double[] torsions;
    private final BackboneFrames frames;

    /** Three-letter codes of the residues. All χ are −60°. All residues have the same backbone. */
    public TestProtein(String... codes) {
        this(0, codes);
    }

    /** An irregular one, in which no two distances are the same. */
    public static TestProtein uneven(String... codes) {
        return new TestProtein(1, codes);
    }

    private TestProtein(double unevenness, String... codes) {
        types = Arrays.stream(codes).mapToInt(ResidueConstants::typeOfCode).toArray();
        torsions = new double[2 * ResidueConstants.TORSIONS * types.length];
        frames = new BackboneFrames(new double[9 * types.length], new double[3 * types.length], new boolean[types.length]);
        RigidFrame frame = new RigidFrame(new Vec3(0, 1, 0), new Vec3(0, 0, 1), new Vec3(1, 0, 0), new Vec3(2.3, 0, 0));
        for (int i = 0; i < types.length; i++) {
            frame.store(frames.rotations(), frames.translations(), i);
            frames.mask()[i] = true;
            double turn = 100 + 9 * unevenness * Math.sin(3 * i);
            frame = RigidFrame.ofAxisAngle(new Vec3(0, 0, Math.toRadians(turn)), new Vec3(0, 0, 3.8 + 0.4 * unevenness * Math.cos(5 * i))).compose(frame);
            for (int t = 0; t < ResidueConstants.TORSIONS; t++) {
                set(i, t, -60);
            }
        }
    }

    private void set(int residue, int torsion, double degrees) {
        int index = residue * ResidueConstants.TORSIONS + torsion;
        torsions[2 * index] = StrictMath.sin(Math.toRadians(degrees));
        torsions[2 * index + 1] = StrictMath.cos(Math.toRadians(degrees));
    }

    /** Sets χ1, χ2, … of a residue, degrees. */
    public TestProtein chi(int residue, double... degrees) {
        for (int c = 0; c < degrees.length; c++) {
            set(residue, CHI1 + c, degrees[c]);
        }
        return this;
    }

    public double[] torsions() {
        return torsions.clone();
    }

    public double[] atoms() {
        return ForwardKinematics.atoms(frames, torsions, types);
    }

    public ResidueTable table() {
        boolean[] present = new boolean[types.length * ResidueConstants.SLOTS];
        for (int i = 0; i < present.length; i++) {
            present[i] = ResidueConstants.exists(types[i / ResidueConstants.SLOTS], i % ResidueConstants.SLOTS);
        }
        boolean[] breakBefore = new boolean[types.length];
        breakBefore[0] = true;
        List<ResidueId> ids = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            ids.add(new ResidueId("A", i + 1, ""));
        }
        return new ResidueTable(ids, Arrays.stream(types).mapToObj(ResidueConstants::code).toList(), types, atoms(), present, breakBefore);
    }

    /** Without ligand. */
    public Sample sample(String id) {
        double[] far = new double[types.length];
        Arrays.fill(far, Double.POSITIVE_INFINITY);
        return new Sample(id, table(), Ligand.NONE, LigandTokens.NONE, far, new double[types.length], List.of(), "");
    }

    /** With one carbon as ligand; each residue's distance to it and pocket weight as given. */
    public Sample sample(String id, Vec3 carbon, double[] distances, double[] weights) {
        Ligand ligand = new Ligand("LIG", List.of(new LigandAtom("C1", "C", carbon, 0, false, 0, 0, 0, false, false, false)), Collections.emptyList());
        return new Sample(id, table(), ligand, LigandTokens.NONE, distances, weights, List.of(), "");
    }

    /** This protein's atoms as a prediction of a sample on the same backbone. */
    public Prediction predictionOf(Sample sample) {
        boolean[] all = new boolean[types.length];
        double[] confidence = new double[types.length];
        Arrays.fill(all, true);
        Arrays.fill(confidence, 0.5);
        return new Prediction(sample, Repacking.atoms(sample.residues(), torsions, all), all, torsions, confidence);
    }

    /** A sample with everything moved. */
    public static Sample moved(Sample sample, RigidFrame motion) {
        ResidueTable table = sample.residues();
        List<LigandAtom> atoms = sample.ligand().atoms().stream().map(a -> new LigandAtom(a.name(), a.element(), motion.apply(a.position()), a.charge(),
                a.aromatic(), a.smallestRing(), a.largestRing(), a.heavyDegree(), a.heteroNeighbour(), a.donor(), a.acceptor())).toList();
        ResidueTable moved = new ResidueTable(table.ids(), table.names(), table.types(), moved(table.atom14(), table.present(), motion), table.present(),
                table.breakBefore());
        return new Sample(sample.id(), moved, new Ligand(sample.ligand().name(), atoms, sample.ligand().bonds()), sample.tokens(), sample.ligandDistance(),
                sample.pocketWeight(), sample.notes(), sample.hash());
    }

    static double[] moved(double[] atoms, boolean[] present, RigidFrame motion) {
        double[] moved = atoms.clone();
        for (int i = 0; i < present.length; i++) {
            if (present[i]) {
                motion.apply(Vec3.at(atoms, i)).store(moved, i);
            }
        }
        return moved;
    }
}
