package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;
import org.bindrae.geometry.Vec3;

/** The records of one component under one residue number, in file order. */
final class ResidueGroup {
    private static final Set<String> BACKBONE = Set.of("N", "CA", "C", "O");
    private final List<AtomSite> sites = new ArrayList<>();
    private final Set<String> namesAndLocations = new HashSet<>();
    private List<StructureAtom> atoms = List.of();
    private Map<String, StructureAtom> atomsByName = Map.of();

    /** Adds a record; false when the group has this atom at this location already. */
    boolean add(AtomSite site) {
        sites.add(site);
        return namesAndLocations.add(site.name() + '\0' + site.location());
    }

    ResidueId id() {
        return sites.getFirst().residue();
    }

    String component() {
        return sites.getFirst().component();
    }

    boolean hetatm() {
        return sites.getFirst().hetatm();
    }

    AtomSite.Role role() {
        return sites.getFirst().role();
    }

    AtomSite first() {
        return sites.getFirst();
    }

    /** Whether no atom is there at all locations: such groups can stand for one another. */
    boolean isAlternative() {
        return sites.stream().noneMatch(site -> site.location().isEmpty());
    }

    Set<String> locations() {
        Set<String> locations = new HashSet<>();
        sites.stream().filter(site -> !site.location().isEmpty()).forEach(site -> locations.add(site.location()));
        return locations;
    }

    /** Mean occupancy of the atoms of the most occupied location: what decides between components. */
    double occupancy() {
        Map<String, double[]> sums = new HashMap<>();
        for (AtomSite site : sites) {
            double[] sum = sums.computeIfAbsent(site.location(), location -> new double[2]);
            sum[0] += site.atom().occupancy();
            sum[1]++;
        }
        return sums.values().stream().mapToDouble(sum -> sum[0] / sum[1]).max().orElse(0);
    }

    /**
     * Keeps one alternate location: that of the highest summed occupancy, on a tie A, else the first in the alphabet; with it the atoms that have only one.
     * Backbone atoms that are missing there, because the file gives them at another location only, are taken from that.
     */
    void chooseLocation() {
        Map<String, Double> occupancies = new HashMap<>();
        sites.stream().filter(site -> !site.location().isEmpty()).forEach(site -> occupancies.merge(site.location(), site.atom().occupancy(), Double::sum));
        List<String> ranking = occupancies.keySet().stream().sorted((a, b) -> compare(a, occupancies.get(a), b, occupancies.get(b))).toList();
        Map<String, StructureAtom> chosen = new LinkedHashMap<>();
        for (AtomSite site : sites) {
            if (site.location().isEmpty() || site.location().equals(ranking.getFirst())) {
                chosen.putIfAbsent(site.name(), site.atom());
            }
        }
        for (String location : ranking) {
            sites.stream().filter(site -> site.location().equals(location) && BACKBONE.contains(site.name()))
                    .forEach(site -> chosen.putIfAbsent(site.name(), site.atom()));
        }
        atoms = List.copyOf(chosen.values());
        atomsByName = chosen;
    }

    private static int compare(String a, double occupancyA, String b, double occupancyB) {
        // sums of equal occupancies may differ by rounding
        if (Math.abs(occupancyA - occupancyB) > 1e-6) {
            return Double.compare(occupancyB, occupancyA);
        }
        return a.equals("A") != b.equals("A") ? (a.equals("A") ? -1 : 1) : a.compareTo(b);
    }

    /** Atoms of the chosen location. */
    List<StructureAtom> atoms() {
        return atoms;
    }

    /** Position of an atom of the chosen location, null without it. */
    Vec3 position(String name) {
        StructureAtom atom = atomsByName.get(name);
        return atom == null ? null : atom.position();
    }

    boolean has(String name) {
        return atomsByName.containsKey(name);
    }

    boolean hasBackbone() {
        return has("N") && has("CA") && has("C");
    }
}
