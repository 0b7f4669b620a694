package org.bindrae.data;

import java.util.List;

/**
 * A prepared protein–ligand complex. T residues.
 *
 * @param id unique within a data set; a file name without its ending
 * @param ligand {@link Ligand#NONE} where there is none
 * @param surroundings heavy atoms near the protein that belong to neither protein nor ligand nor water: cofactors, ions, solvent, nucleic acids
 * @param ligandDistance smallest distance between heavy atoms of the residue and of the ligand [T], Å; infinite without ligand or without atoms
 * @param pocketWeight how much a residue belongs to the pocket [T], 0 to 1
 * @param notes what was mapped, dropped or left out on the way, one sentence each
 * @param hash SHA-256 of the input files and of the settings that made this sample, hexadecimal
 */
public record Sample(String id, ResidueTable residues, Ligand ligand, LigandTokens tokens, HeteroAtoms surroundings, double[] ligandDistance,
        double[] pocketWeight, List<String> notes, String hash) {
    /** Pocket weight above which metrics count a residue as pocket. */
    public static final double POCKET = 0.5;
    /** Distance up to which a residue counts as near the ligand, Å. */
    public static final double NEAR = 5;

    public Sample {
        notes = List.copyOf(notes);
        if (ligandDistance.length != residues.size() || pocketWeight.length != residues.size()) {
            throw new IllegalArgumentException("sample " + id + ": columns of different length");
        }
    }

    /** A complex with nothing around it. */
    public Sample(String id, ResidueTable residues, Ligand ligand, LigandTokens tokens, double[] ligandDistance, double[] pocketWeight, List<String> notes,
            String hash) {
        this(id, residues, ligand, tokens, HeteroAtoms.NONE, ligandDistance, pocketWeight, notes, hash);
    }
}
