package org.bindrae.training.packing;

import java.util.Arrays;

import org.bindrae.data.ElementClass;
import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ResidueConstants;

/**
 * What side chains may run into and what does not move: backbones with CB, residues without candidates, the ligand and its surroundings. Nothing here depends
 * on the given side chains of residues with candidates.
 *
 * @param positions [A, 3], Å
 * @param radii van der Waals radii [A], Å
 * @param numbers residue·14 + slot [A]; {@link #OTHER} for atoms of no residue
 * @param metals which are metals [A]
 * @param largestRadius Å
 * @param grid over the positions
 */
record FixedAtoms(double[] positions, double[] radii, int[] numbers, boolean[] metals, double largestRadius, CellGrid grid) {
    /** Number of an atom that belongs to no residue. */
    static final int OTHER = -1;
    /** Edge of a cell, Å: about the sum of two radii. */
    private static final double CELL = 3.5;
    private static final int SLOTS = ResidueConstants.SLOTS;

    static FixedAtoms of(Sample sample, CandidateAtoms candidates) {
        Collector collector = new Collector(sample.residues().present().length + sample.ligand().atoms().size() + sample.surroundings().size());
        ResidueTable table = sample.residues();
        int node = 0;
        for (int residue = 0; residue < table.size(); residue++) {
            boolean built = node < candidates.nodes() && candidates.residue(node) == residue;
            for (int slot = 0; slot < ResidueConstants.atoms(table.types()[residue]).size(); slot++) {
                int number = residue * SLOTS + slot;
                if (built && slot == ResidueConstants.CB) {
                    collector.add(candidates.positions(), candidates.start(node) * SLOTS + slot, table.types()[residue], slot, number);
                } else if (table.present()[number] && (!built || slot <= ResidueConstants.O)) {
                    collector.add(table.atom14(), number, table.types()[residue], slot, number);
                }
            }
            node += built ? 1 : 0;
        }
        collector.add(HeteroAtoms.of(sample.ligand()));
        collector.add(sample.surroundings());
        return collector.fixed();
    }

    /** Grows atom by atom. */
    private static final class Collector {
        private final double[] positions;
        private final double[] radii;
        private final int[] numbers;
        private final boolean[] metals;
        private int count;

        Collector(int most) {
            positions = new double[3 * most];
            radii = new double[most];
            numbers = new int[most];
            metals = new boolean[most];
        }

        void add(double[] places, int index, int type, int slot, int number) {
            System.arraycopy(places, 3 * index, positions, 3 * count, 3);
            radii[count] = ResidueConstants.vanDerWaalsRadius(ResidueConstants.element(type, slot));
            numbers[count++] = number;
        }

        void add(HeteroAtoms hetero) {
            System.arraycopy(hetero.positions(), 0, positions, 3 * count, 3 * hetero.size());
            for (int place : hetero.elements()) {
                ElementClass element = ElementClass.values()[place];
                radii[count] = ResidueConstants.vanDerWaalsRadius(element.name());
                metals[count] = element == ElementClass.METAL;
                numbers[count++] = OTHER;
            }
        }

        FixedAtoms fixed() {
            double[] places = Arrays.copyOf(positions, 3 * count);
            double largest = Arrays.stream(radii).max().orElse(0);
            return new FixedAtoms(places, Arrays.copyOf(radii, count), Arrays.copyOf(numbers, count), Arrays.copyOf(metals, count), largest,
                    new CellGrid(places, 0, count, CELL));
        }
    }
}
