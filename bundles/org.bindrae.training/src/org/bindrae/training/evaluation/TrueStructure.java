package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.Batch;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.Vec3;

/**
 * What predictions of one sample are compared with, computed once for all methods.
 *
 * @param torsions of the true atoms
 * @param frames true backbone frames
 * @param residues those whose side chain can be compared: of a known type with χ angles, χ1 known, with a backbone frame
 * @param flexible number of residues of types with χ angles, comparable or not
 */
public record TrueStructure(Sample sample, Torsions torsions, BackboneFrames frames, List<TrueResidue> residues, int flexible) {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int PHI = 1;
    private static final int PSI = 2;
    private static final int CHI1 = 3;

    public TrueStructure {
        residues = List.copyOf(residues);
    }

    public static TrueStructure of(Sample sample) {
        ResidueTable table = sample.residues();
        Torsions torsions = Torsions.of(table.types(), table.atom14(), table.present(), table.breakBefore());
        double[] angles = Torsions.iupac(table.types(), table.atom14(), table.present(), table.breakBefore());
        BackboneFrames frames = BackboneFrames.of(table.atom14(), table.present());
        int[] neighbours = neighbours(table);
        List<TrueResidue> residues = new ArrayList<>();
        int flexible = 0;
        for (int i = 0; i < table.size(); i++) {
            int first = i * ResidueConstants.TORSIONS;
            flexible += ResidueConstants.chiCount(table.types()[i]) > 0 ? 1 : 0;
            if (frames.mask()[i] && torsions.mask()[first + CHI1]) {
                double[] chi = new double[ResidueConstants.CHIS];
                for (int c = 0; c < chi.length; c++) {
                    chi[c] = Math.toDegrees(angles[first + CHI1 + c]);
                }
                residues.add(new TrueResidue(table.ids().get(i), i, table.names().get(i), table.types()[i], neighbours[i], sample.ligandDistance()[i],
                        sample.pocketWeight()[i], Math.toDegrees(angles[first + PHI]), Math.toDegrees(angles[first + PSI]), chi, complete(table, i)));
            }
        }
        return new TrueStructure(sample, torsions, frames, residues, flexible);
    }

    private static boolean complete(ResidueTable table, int residue) {
        for (int slot = ResidueConstants.CB; slot < ResidueConstants.atoms(table.types()[residue]).size(); slot++) {
            if (!table.present()[residue * SLOTS + slot]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Number of other residues whose Cβ (Cα in glycine, or where Cβ is unknown) lies nearer than {@link Subset#NEIGHBOURHOOD} [T]; 0 for a residue without
     * either.
     */
    static int[] neighbours(ResidueTable table) {
        double[] centres = new double[3 * table.size()];
        for (int i = 0; i < table.size(); i++) {
            boolean known = ResidueConstants.exists(table.types()[i], ResidueConstants.CB) && table.present()[i * SLOTS + ResidueConstants.CB];
            int atom = i * SLOTS + (known ? ResidueConstants.CB : ResidueConstants.CA);
            Vec3 centre = table.present()[atom] ? Vec3.at(table.atom14(), atom) : new Vec3(Double.NaN, Double.NaN, Double.NaN);
            centre.store(centres, i);
        }
        CellGrid grid = new CellGrid(centres, 0, table.size(), Subset.NEIGHBOURHOOD);
        double limit = Subset.NEIGHBOURHOOD * Subset.NEIGHBOURHOOD;
        int[] counts = new int[table.size()];
        for (int i = 0; i < counts.length; i++) {
            int residue = i;
            grid.forEachWithin(centres[3 * i], centres[3 * i + 1], centres[3 * i + 2], Subset.NEIGHBOURHOOD,
                    (other, squared) -> counts[residue] += other != residue && squared < limit ? 1 : 0);
        }
        return counts;
    }

    /** As a batch of its own, the form that clashes are counted in. */
    Batch batch() {
        return Batch.of(List.of(sample));
    }
}
