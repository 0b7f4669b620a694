package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.data.Batch;
import org.bindrae.data.ElementClass;
import org.bindrae.geometry.BackboneAtoms;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.ModelInput;

/**
 * The nearest atoms of ligand and surroundings as R of the residues see them, those with one within {@link #CUTOFF} of their virtual CB, m atoms each.
 *
 * @param rowOf which of the R a residue is, −1 for none [T]
 * @param features {@link #WIDTH} per atom: element, whether of the ligand, place in the residue's frame (nm), Gaussians of the distances to the residue's
 *            backbone atoms; zeros where there are fewer atoms [R·m, WIDTH]
 * @param present 1 for an atom, 0 for none [R, m]
 */
record NearAtoms(int[] rowOf, float[] features, float[] present) {
    /** Å. */
    static final double CUTOFF = 12;
    private static final int GAUSSIANS = 16;
    private static final int CB = BackboneAtoms.ATOMS - 1;
    private static final int PLACE = ElementClass.values().length + 1;
    private static final int DISTANCES = PLACE + 3;
    /** A multiple of four, with which graphics cards multiply faster; zeros at the end. */
    static final int WIDTH = Math.ceilDiv(DISTANCES + BackboneAtoms.ATOMS * GAUSSIANS, 4) * 4;
    private static final double SPACING = CUTOFF / (GAUSSIANS - 1);
    private static final double ANGSTROM_PER_NM = 10;

    /** @param count m */
    static NearAtoms of(ModelInput input, int count) {
        Batch.Hetero hetero = input.local().hetero();
        double[] backbone = input.local().backbone().positions();
        int[] rowOf = new int[input.residues().total()];
        Arrays.fill(rowOf, -1);
        int[][] nearest = new int[rowOf.length][];
        int rows = 0;
        for (int s = 0; s < input.residues().count(); s++) {
            for (int i = input.residues().start(s); i < input.residues().end(s); i++) {
                nearest[i] = nearest(Vec3.at(backbone, i * BackboneAtoms.ATOMS + CB), hetero, s, count);
                rowOf[i] = nearest[i].length == 0 ? -1 : rows++;
            }
        }
        NearAtoms atoms = new NearAtoms(rowOf, new float[rows * count * WIDTH], new float[rows * count]);
        for (int i = 0; i < rowOf.length; i++) {
            for (int place = 0; place < nearest[i].length; place++) {
                atoms.describe(i, rowOf[i] * count + place, nearest[i][place], hetero, input.frames(), backbone);
            }
        }
        return atoms;
    }

    /** Nearest first, the first of equally near ones. */
    private static int[] nearest(Vec3 point, Batch.Hetero hetero, int sample, int count) {
        int[] atoms = new int[count];
        double[] distances = new double[count];
        int found = 0;
        for (int atom = hetero.packing().start(sample); atom < hetero.packing().end(sample); atom++) {
            double distance = Vec3.at(hetero.positions(), atom).distance(point);
            if (distance > CUTOFF || found == count && distance >= distances[count - 1]) {
                continue;
            }
            int at = found == count ? count - 1 : found++;
            for (; at > 0 && distances[at - 1] > distance; at--) {
                distances[at] = distances[at - 1];
                atoms[at] = atoms[at - 1];
            }
            distances[at] = distance;
            atoms[at] = atom;
        }
        return Arrays.copyOf(atoms, found);
    }

    private void describe(int residue, int row, int atom, Batch.Hetero hetero, BackboneFrames frames, double[] backbone) {
        present[row] = 1;
        int at = row * WIDTH;
        features[at + hetero.elements()[atom]] = 1;
        features[at + PLACE - 1] = hetero.ofLigand()[atom] ? 1 : 0;
        Vec3 position = Vec3.at(hetero.positions(), atom);
        Vec3 local = frames.frame(residue).toLocal(position);
        features[at + PLACE] = (float) (local.x() / ANGSTROM_PER_NM);
        features[at + PLACE + 1] = (float) (local.y() / ANGSTROM_PER_NM);
        features[at + PLACE + 2] = (float) (local.z() / ANGSTROM_PER_NM);
        for (int b = 0; b < BackboneAtoms.ATOMS; b++) {
            double distance = position.distance(Vec3.at(backbone, residue * BackboneAtoms.ATOMS + b));
            for (int g = 0; g < GAUSSIANS; g++) {
                double deviation = distance / SPACING - g;
                features[at + DISTANCES + b * GAUSSIANS + g] = (float) StrictMath.exp(-deviation * deviation);
            }
        }
    }
}
