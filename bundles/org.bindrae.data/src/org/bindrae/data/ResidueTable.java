package org.bindrae.data;

import java.util.List;

import org.bindrae.geometry.ResidueConstants;

/**
 * The residues of one protein in the order of its file, chain by chain: the one list that sequence, coordinates, torsions and pocket weights all refer to. T residues; type numbers and
 * atom14 slots are those of {@link ResidueConstants}.
 *
 * @param ids who they are [T], without duplicates
 * @param names the component as the file calls it [T], such as MSE
 * @param types what it counts as [T], such as the type of MET
 * @param atom14 positions [T, 14, 3], Å; 0 where unknown
 * @param present which positions are known [T, 14]
 * @param breakBefore whether residue i is not bonded to residue i − 1 [T]: the first of a chain, or a C–N distance over 2 Å or unknown
 */
public record ResidueTable(List<ResidueId> ids, List<String> names, int[] types, double[] atom14, boolean[] present, boolean[] breakBefore) {
    public ResidueTable {
        ids = List.copyOf(ids);
        names = List.copyOf(names);
        int size = ids.size();
        if (names.size() != size || types.length != size || atom14.length != size * ResidueConstants.SLOTS * 3
                || present.length != size * ResidueConstants.SLOTS || breakBefore.length != size) {
            throw new IllegalArgumentException("columns of different length in a table of " + size + " residues");
        }
    }

    /** T. */
    public int size() {
        return ids.size();
    }

    /** One-letter codes of all residues, chains joined. */
    public String sequence() {
        StringBuilder letters = new StringBuilder(size());
        for (int type : types) {
            letters.append(ResidueConstants.letter(type));
        }
        return letters.toString();
    }
}
