package org.bindrae.esm.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;

/** Samples without coordinates. */
final class Samples {
    private Samples() {
    }

    /** Chains A, B, … with these sequences. */
    static Sample of(String id, String... sequences) {
        List<ResidueId> ids = new ArrayList<>();
        String all = String.join("", sequences);
        boolean[] breakBefore = new boolean[all.length()];
        for (int chain = 0; chain < sequences.length; chain++) {
            breakBefore[ids.size()] = true;
            for (int i = 0; i < sequences[chain].length(); i++) {
                ids.add(new ResidueId(String.valueOf((char) ('A' + chain)), 10 + i, ""));
            }
        }
        int[] types = all.chars().map(letter -> ResidueConstants.typeOfLetter((char) letter)).toArray();
        int slots = all.length() * ResidueConstants.SLOTS;
        ResidueTable table = new ResidueTable(ids, Collections.nCopies(ids.size(), "UNK"), types, new double[3 * slots], new boolean[slots], breakBefore);
        return new Sample(id, table, Ligand.NONE, LigandTokens.NONE, new double[ids.size()], new double[ids.size()], List.of(), "");
    }
}
