package org.bindrae.data;

/**
 * How samples are made of files.
 *
 * @param contactDistance largest distance between heavy atoms of a residue and of the ligand that makes the residue part of the pocket, Å; a ligand that
 *           touches nothing is refused
 * @param widening residues added to the pocket on each side of a contact along the chain, not across a break
 * @param weightWidth the pocket weight falls off as exp(−½(d/width)²), Å
 * @param ligandRequired whether a complex without any ligand is refused; otherwise it becomes a sample without one, and a note says so
 */
public record PreparationSettings(double contactDistance, int widening, double weightWidth, boolean ligandRequired) {
    public PreparationSettings {
        if (!(contactDistance > 0 && contactDistance < 100) || widening < 0 || !(weightWidth > 0 && weightWidth < 100)) {
            throw new IllegalArgumentException("contactDistance and weightWidth must be between 0 and 100 Å and widening not negative, but they are "
                    + contactDistance + ", " + weightWidth + " and " + widening);
        }
    }

    /** 5 Å, widened by one residue, width 2 Å, complexes without ligand accepted. */
    public static PreparationSettings defaults() {
        return new PreparationSettings(5, 1, 2, false);
    }
}
