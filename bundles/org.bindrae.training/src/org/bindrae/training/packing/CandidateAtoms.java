package org.bindrae.training.packing;

import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.packing.RotamerCandidates.Candidate;

/**
 * The atoms of all candidates, built on their backbones. A node is a residue with candidates, a row is a candidate; the rows of a node follow one another. Only
 * atoms from the slot {@link #MOVING} on differ between the candidates of a node.
 */
final class CandidateAtoms {
    /** The first slot that moves: CB lies still. */
    static final int MOVING = ResidueConstants.CB + 1;
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CHI1 = 3;

    private final int[] residues;
    private final int[] types;
    private final int[] starts;
    private final double[] positions;
    private final double[] radii;
    private final double[] middles;
    private final double[] extents;

    CandidateAtoms(ResidueTable table, RotamerCandidates candidates) {
        List<List<Candidate>> all = candidates.ofResidues();
        residues = IntStream.range(0, table.size()).filter(i -> !all.get(i).isEmpty()).toArray();
        types = IntStream.of(residues).map(residue -> table.types()[residue]).toArray();
        starts = new int[residues.length + 1];
        for (int node = 0; node < residues.length; node++) {
            starts[node + 1] = starts[node] + all.get(residues[node]).size();
        }
        int[] typesOfRows = IntStream.range(0, residues.length).flatMap(node -> IntStream.range(0, rows(node)).map(row -> types[node])).toArray();
        positions = build(table, all, typesOfRows);
        radii = ClashSystem.radii(typesOfRows);
        middles = new double[3 * typesOfRows.length];
        extents = new double[typesOfRows.length];
        for (int node = 0; node < residues.length; node++) {
            for (int row = start(node); row < end(node); row++) {
                enclose(row, slots(node));
            }
        }
    }

    private double[] build(ResidueTable table, List<List<Candidate>> all, int[] typesOfRows) {
        int rows = typesOfRows.length;
        BackboneFrames own = BackboneFrames.of(table.atom14(), table.present());
        BackboneFrames frames = new BackboneFrames(new double[9 * rows], new double[3 * rows], new boolean[rows]);
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * rows];
        for (int node = 0; node < residues.length; node++) {
            for (int row = start(node); row < end(node); row++) {
                own.frame(residues[node]).store(frames.rotations(), frames.translations(), row);
                double[] chi = all.get(residues[node]).get(row - start(node)).chi();
                for (int c = 0; c < chi.length; c++) {
                    int torsion = 2 * (row * ResidueConstants.TORSIONS + CHI1 + c);
                    torsions[torsion] = StrictMath.sin(chi[c]);
                    torsions[torsion + 1] = StrictMath.cos(chi[c]);
                }
            }
        }
        return ForwardKinematics.atoms(frames, torsions, typesOfRows);
    }

    private void enclose(int row, int slots) {
        extents[row] = -1;
        for (int slot = MOVING; slot < slots; slot++) {
            for (int axis = 0; axis < 3; axis++) {
                middles[3 * row + axis] += positions[3 * (row * SLOTS + slot) + axis] / (slots - MOVING);
            }
        }
        for (int slot = MOVING; slot < slots; slot++) {
            int atom = row * SLOTS + slot;
            extents[row] = Math.max(extents[row], Math.sqrt(squared(middles, row, positions, atom)) + radii[atom]);
        }
    }

    /** Squared distance of two points, Å². */
    static double squared(double[] a, int i, double[] b, int j) {
        double dx = a[3 * i] - b[3 * j];
        double dy = a[3 * i + 1] - b[3 * j + 1];
        double dz = a[3 * i + 2] - b[3 * j + 2];
        return dx * dx + dy * dy + dz * dz;
    }

    /** Number of nodes. */
    int nodes() {
        return residues.length;
    }

    /** Place of a node in the residue table. */
    int residue(int node) {
        return residues[node];
    }

    /** Residue type of a node. */
    int type(int node) {
        return types[node];
    }

    /** Number of slots of a node with atoms. */
    int slots(int node) {
        return ResidueConstants.atoms(types[node]).size();
    }

    /** First row of a node. */
    int start(int node) {
        return starts[node];
    }

    /** Row after the last one of a node. */
    int end(int node) {
        return starts[node + 1];
    }

    /** Number of candidates of a node. */
    int rows(int node) {
        return end(node) - start(node);
    }

    /** [rows, 14, 3], Å. */
    double[] positions() {
        return positions;
    }

    /** van der Waals radii [rows, 14], Å. */
    double[] radii() {
        return radii;
    }

    /** Middle of the moving atoms of each row [rows, 3]. */
    double[] middles() {
        return middles;
    }

    /** Radius of a sphere about the middle that holds the spheres of the moving atoms, Å; negative for a row without any. */
    double extent(int row) {
        return extents[row];
    }
}
