package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.training.packing.RotamerCandidates;
import org.bindrae.training.packing.RotamerCandidates.Candidate;

/**
 * How often residues have which side-chain conformation, by type and backbone. The counts of a bin of φ and ψ are joined by {@link #PRIOR} residues that are
 * distributed as all of their type, so that a bin with few residues says little (the idea of Dunbrack and Cohen 1997).
 *
 * @param byType conformations of each type by their wells
 * @param byBin the same for each bin of the backbone that has any
 */
record RotamerLibrary(RotamerBaseline.Settings settings, Map<Integer, SortedMap<Integer, Rotamer>> byType,
        Map<Integer, Map<Integer, SortedMap<Integer, Rotamer>>> byBin) {
    /** Residues of the type that each bin is given. */
    private static final double PRIOR = 15;
    /** Residues with a conformation from which on the mean angles of the bin are taken, not those of the type. */
    private static final int ENOUGH = 5;
    /** Rarer conformations are left out. */
    private static final double RARE = 1e-3;
    private static final int PHI = 1;
    private static final int PSI = 2;

    static RotamerLibrary of(RotamerBaseline.Settings settings, Map<Integer, RotamerCounts> byType, Map<Integer, Map<Integer, RotamerCounts>> byBin) {
        Map<Integer, SortedMap<Integer, Rotamer>> types = new TreeMap<>();
        byType.forEach((type, counts) -> types.put(type, counts.rotamers()));
        Map<Integer, Map<Integer, SortedMap<Integer, Rotamer>>> bins = new TreeMap<>();
        byBin.forEach((type, counted) -> {
            Map<Integer, SortedMap<Integer, Rotamer>> ofType = new TreeMap<>();
            counted.forEach((bin, counts) -> ofType.put(bin, counts.rotamers()));
            bins.put(type, ofType);
        });
        return new RotamerLibrary(settings, types, bins);
    }

    /** The conformations that each residue may have; none for residues of types that the library does not know. */
    RotamerCandidates candidates(ResidueTable table, boolean[] possible) {
        double[] angles = Torsions.iupac(table.types(), table.atom14(), table.present(), table.breakBefore());
        List<List<Candidate>> candidates = new ArrayList<>();
        for (int i = 0; i < table.size(); i++) {
            int first = i * ResidueConstants.TORSIONS;
            candidates.add(possible[i] ? candidates(table.types()[i], settings.bin(angles[first + PHI], angles[first + PSI])) : List.of());
        }
        return new RotamerCandidates(candidates);
    }

    private List<Candidate> candidates(int type, int bin) {
        if (ResidueConstants.chiCount(type) == 0) {
            return List.of(new Candidate(new double[0], 1));
        }
        SortedMap<Integer, Rotamer> near = byBin.getOrDefault(type, Map.of()).getOrDefault(bin, new TreeMap<>());
        int counted = near.isEmpty() ? 0 : near.firstEntry().getValue().total();
        List<Candidate> candidates = new ArrayList<>();
        byType.getOrDefault(type, new TreeMap<>()).forEach((wells, rotamer) -> {
            Rotamer here = near.get(wells);
            double count = (here == null ? 0 : here.count()) + PRIOR * rotamer.count() / rotamer.total();
            double probability = count / (counted + PRIOR);
            if (probability >= RARE) {
                candidates.add(new Candidate(radians(here != null && here.count() >= ENOUGH ? here : rotamer), probability));
            }
        });
        return candidates;
    }

    private static double[] radians(Rotamer rotamer) {
        double[] chi = new double[rotamer.chi().size()];
        Arrays.setAll(chi, c -> Math.toRadians(rotamer.chi().get(c)));
        return chi;
    }
}
