package org.bindrae.geometry;

/**
 * Counts of van der Waals overlaps in one structure.
 *
 * @param protein overlapping pairs of protein atoms
 * @param ligand overlapping pairs of a protein and a ligand atom
 * @param atoms protein atoms that take part
 */
public record ClashScore(int protein, int ligand, int atoms) {
    /** Counts pairs of a sequence of the system that overlap by more than {@code overlap} Å (customary: 0.4), atoms [T, 14, 3] in Å. */
    public static ClashScore of(ClashSystem system, int sequence, double[] atoms, double overlap) {
        ClashSystem.Search search = system.search(sequence, atoms, overlap);
        int[] counts = new int[2];
        for (int place = 0; place < search.places(); place++) {
            search.visit(place, (atom, other, distance, excess) -> {
                if (system.isLigand(other)) {
                    counts[1]++;
                } else if (other > atom) {
                    counts[0]++;
                }
            });
        }
        return new ClashScore(counts[0], counts[1], system.countedIn(sequence));
    }

    /** All overlaps per thousand atoms. */
    public double perThousandAtoms() {
        return atoms == 0 ? 0 : 1000.0 * (protein + ligand) / atoms;
    }
}
