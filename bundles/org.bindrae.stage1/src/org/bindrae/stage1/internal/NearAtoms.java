package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.data.Batch;
import org.bindrae.geometry.BackboneAtoms;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.ModelInput;

/**
 * The nearest atoms of ligand and surroundings, for those R of T residues that have one within {@link #CUTOFF} of their virtual CB.
 *
 * @param rows which of the R each residue is, −1 for none [T]
 * @param residues which residue each of the R is [R]
 * @param atoms the nearest ones first, −1 where there are fewer [R, m]
 */
record NearAtoms(int[] rows, int[] residues, int[] atoms) {
    /** Å. */
    private static final double CUTOFF = 12;
    private static final int CB = BackboneAtoms.ATOMS - 1;

    /** @param count m */
    static NearAtoms of(ModelInput input, int count) {
        Batch.Hetero hetero = input.local().hetero();
        double[] backbone = input.local().backbone().positions();
        int[] rows = new int[input.residues().total()];
        Arrays.fill(rows, -1);
        int[] residues = new int[rows.length];
        int[] atoms = new int[rows.length * count];
        Arrays.fill(atoms, -1);
        double[] distances = new double[count];
        int found = 0;
        for (int s = 0; s < input.residues().count(); s++) {
            int first = hetero.packing().start(s);
            int end = hetero.packing().end(s);
            for (int i = input.residues().start(s); i < input.residues().end(s) && first < end; i++) {
                Arrays.fill(distances, CUTOFF);
                nearest(Vec3.at(backbone, i * BackboneAtoms.ATOMS + CB), hetero.positions(), first, end, atoms, found * count, distances);
                if (atoms[found * count] >= 0) {
                    residues[found] = i;
                    rows[i] = found++;
                }
            }
        }
        return new NearAtoms(rows, Arrays.copyOf(residues, found), Arrays.copyOf(atoms, found * count));
    }

    /** Writes the nearest atoms from … end from {@code at} on, the first of equally near ones. */
    private static void nearest(Vec3 point, double[] positions, int first, int end, int[] atoms, int at, double[] distances) {
        int last = distances.length - 1;
        for (int atom = first; atom < end; atom++) {
            double dx = positions[3 * atom] - point.x();
            double dy = positions[3 * atom + 1] - point.y();
            double dz = positions[3 * atom + 2] - point.z();
            double distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
            if (distance < distances[last]) {
                int place = last;
                for (; place > 0 && distances[place - 1] > distance; place--) {
                    distances[place] = distances[place - 1];
                    atoms[at + place] = atoms[at + place - 1];
                }
                distances[place] = distance;
                atoms[at + place] = atom;
            }
        }
    }
}
