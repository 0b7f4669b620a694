package org.bindrae.training.packing;

import java.util.Arrays;
import java.util.List;

import org.bindrae.data.ElementClass;
import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ResidueConstants;

/**
 * What side chains may run into and what does not move: backbones with CB, residues that stay as they are, the ligand and its
 * surroundings. Nothing here depends on the side chains of residues that are built.
 *
 * @param positions [A, 3], Å
 * @param radii van der Waals radii [A], Å
 * @param numbers residue·14 + slot [A]; −1 for atoms of no residue
 * @param metals which are metals [A]
 * @param grid over the positions
 */
record FixedAtoms(double[] positions, double[] radii, int[] numbers, boolean[] metals, CellGrid grid) {
    /** Belongs to no residue. */
    static final int OTHER = -1;
    /** Edge of a cell, Å: about the sum of two radii. */
    private static final double CELL = 3.5;

    /**
     * Collects them.
     *
     * @param built which residues are built
     * @param firstRow row of {@code atoms} with the first candidate of each residue that is built
     * @param atoms positions of candidates [rows, 14, 3]
     */
    static FixedAtoms of(Sample sample, boolean[] built, int[] firstRow, double[] atoms) {
        ResidueTable table = sample.residues();
        List<HeteroAtoms> others = List.of(HeteroAtoms.of(sample.ligand()), sample.surroundings());
        int most = table.present().length + others.stream().mapToInt(HeteroAtoms::size).sum();
        double[] positions = new double[3 * most];
        double[] radii = new double[most];
        int[] numbers = new int[most];
        boolean[] metals = new boolean[most];
        int count = 0;
        for (int number = 0; number < table.present().length; number++) {
            int residue = number / ResidueConstants.SLOTS;
            int slot = number % ResidueConstants.SLOTS;
            int type = table.types()[residue];
            boolean given = table.present()[number] && (!built[residue] || slot <= ResidueConstants.O);
            boolean beta = built[residue] && slot == ResidueConstants.CB && ResidueConstants.exists(type, slot);
            if (given || beta) {
                System.arraycopy(given ? table.atom14() : atoms, 3 * (given ? number : firstRow[residue] * ResidueConstants.SLOTS + slot), positions, 3 * count,
                        3);
                radii[count] = ResidueConstants.vanDerWaalsRadius(ResidueConstants.element(type, slot));
                numbers[count++] = number;
            }
        }
        for (HeteroAtoms hetero : others) {
            System.arraycopy(hetero.positions(), 0, positions, 3 * count, 3 * hetero.size());
            for (int element : hetero.elements()) {
                ElementClass elements = ElementClass.values()[element];
                radii[count] = ResidueConstants.vanDerWaalsRadius(elements.name());
                metals[count] = elements == ElementClass.METAL;
                numbers[count++] = OTHER;
            }
        }
        double[] known = Arrays.copyOf(positions, 3 * count);
        return new FixedAtoms(known, Arrays.copyOf(radii, count), Arrays.copyOf(numbers, count), Arrays.copyOf(metals, count),
                new CellGrid(known, 0, count, CELL));
    }

    /** Å; 0 without atoms. */
    double largestRadius() {
        return Arrays.stream(radii).max().orElse(0);
    }
}
