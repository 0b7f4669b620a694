package org.bindrae.training.evaluation;

import java.util.Locale;

import org.bindrae.data.Sample;

/**
 * The groups of residues that metrics are given for. Core and surface follow the usual count of Cβ atoms (Cα in glycine) within 10 Å of a residue's own, itself
 * excluded, in the true structure: core from 20 on, surface up to 15 (McPartlon and Xu, PNAS 2023; Randolph and Kuhlman, Proteins 2024); the rest lies between.
 */
public enum Subset {
    ALL("all"),
    CORE("core"),
    SURFACE("surface"),
    /** Pocket weight above {@link Sample#POCKET}. */
    POCKET("pocket"),
    /** Heavy atoms within 5 Å of the ligand's. */
    POCKET5("pocket ≤ 5 Å");

    /** Distance within which Cβ atoms are neighbours, Å. */
    public static final double NEIGHBOURHOOD = 10;
    /** Neighbours of a core residue at least. */
    public static final int CORE_NEIGHBOURS = 20;
    /** Neighbours of a surface residue at most. */
    public static final int SURFACE_NEIGHBOURS = 15;
    /** Largest distance of a contact with the ligand, Å. */
    public static final double CONTACT = 5;

    private final String label;

    Subset(String label) {
        this.label = label;
    }

    /** For people. */
    public String label() {
        return label;
    }

    /** Name in files: lower case. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether a residue belongs to this group.
     *
     * @param neighbours Cβ atoms within {@link #NEIGHBOURHOOD}
     * @param ligandDistance Å
     */
    public boolean contains(int neighbours, double ligandDistance, double pocketWeight) {
        return switch (this) {
            case ALL -> true;
            case CORE -> neighbours >= CORE_NEIGHBOURS;
            case SURFACE -> neighbours <= SURFACE_NEIGHBOURS;
            case POCKET -> pocketWeight > Sample.POCKET;
            case POCKET5 -> ligandDistance <= CONTACT;
        };
    }

    /** Whether a residue belongs to this group. */
    public boolean contains(TrueResidue residue) {
        return contains(residue.neighbours(), residue.ligandDistance(), residue.pocketWeight());
    }
}
