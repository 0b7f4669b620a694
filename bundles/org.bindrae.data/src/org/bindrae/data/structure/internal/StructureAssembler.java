package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureException;
import org.bindrae.geometry.ResidueConstants;

/** Makes a structure of the atoms of a file: sorts them into residues and other groups, chooses alternate locations, maps modified residues. */
final class StructureAssembler {
    private final StructureFile source;
    private final FileAtoms atoms;
    private final Notes notes = new Notes();

    private StructureAssembler(StructureFile source, FileAtoms atoms) {
        this.source = source;
        this.atoms = atoms;
    }

    /** @throws StructureException when an atom appears twice or there is no protein */
    static Structure assemble(StructureFile source, FileAtoms atoms) throws StructureException {
        return new StructureAssembler(source, atoms).assemble();
    }

    private Structure assemble() throws StructureException {
        if (atoms.sites().isEmpty()) {
            throw new StructureException(source.file(), "holds no atoms other than hydrogens");
        }
        if (atoms.models() > 1) {
            notes.add("The first of " + atoms.models() + " models is used");
        }
        List<ResidueGroup> groups = group();
        groups.forEach(ResidueGroup::chooseLocation);
        Map<ResidueGroup, Membership> memberships = new Memberships(groups, atoms).decide();
        Map<String, List<ResidueGroup>> chains = new LinkedHashMap<>();
        List<HeteroGroup> heteroGroups = new ArrayList<>();
        List<HeteroGroup> waterAndNucleic = new ArrayList<>();
        HeteroGroups hetero = new HeteroGroups(atoms);
        for (ResidueGroup group : groups) {
            switch (memberships.get(group)) {
                case RESIDUE -> chains.computeIfAbsent(group.id().chain(), chain -> new ArrayList<>()).add(group);
                case WATER -> waterAndNucleic.add(hetero.of(group, HeteroGroup.Kind.WATER));
                case NUCLEIC -> waterAndNucleic.add(hetero.of(group, HeteroGroup.Kind.NUCLEIC));
                case HETERO -> {
                    if (group.role() == AtomSite.Role.PEPTIDE && !Components.isCap(group.component())) {
                        notes.add(group.component() + " is taken for a ligand, though part of a chain", group.id());
                    }
                    heteroGroups.add(hetero.of(group));
                }
            }
        }
        List<ResidueGroup> residues = chains.values().stream().flatMap(List::stream).toList();
        if (residues.isEmpty()) {
            throw new StructureException(source.file(), "holds no protein: none of its " + atoms.sites().size() + " atoms is part of an amino acid chain");
        }
        noteNucleicChains(waterAndNucleic);
        ResidueTable table = table(residues);
        List<List<StructureAtom>> residueAtoms = residues.stream().map(ResidueGroup::atoms).toList();
        return new Structure(source.name(), source.file(), table, residueAtoms, heteroGroups, waterAndNucleic, hetero.links(table, heteroGroups),
                notes.sentences());
    }

    /** Groups in the order of their first atoms. Water may use a number again, as large simulated systems do. */
    private List<ResidueGroup> group() throws StructureException {
        record Key(ResidueId id, String component) {
        }
        Map<Key, ResidueGroup> groups = new HashMap<>();
        List<ResidueGroup> ordered = new ArrayList<>();
        for (AtomSite site : atoms.sites()) {
            Key key = new Key(site.residue(), site.component());
            ResidueGroup group = groups.get(key);
            if (group == null || !group.add(site)) {
                if (group != null && !Components.isWater(site.component())) {
                    throw new StructureException(source.file(), atoms.placeUnit() + " " + site.place() + ": atom " + site.name() + " of residue "
                            + site.residue() + " " + site.component() + " appears a second time"
                            + (site.location().isEmpty() ? "" : " at location " + site.location()));
                }
                group = new ResidueGroup();
                group.add(site);
                groups.put(key, group);
                ordered.add(group);
            }
        }
        return withoutAlternatives(ordered);
    }

    /** Of components that stand for one another under the same number, the most occupied stays; on a tie that at location A. */
    private List<ResidueGroup> withoutAlternatives(List<ResidueGroup> groups) {
        Map<ResidueId, List<ResidueGroup>> byId = new HashMap<>();
        for (ResidueGroup group : groups) {
            if (group.isAlternative() && !Components.isWater(group.component())) {
                byId.computeIfAbsent(group.id(), id -> new ArrayList<>()).add(group);
            }
        }
        Map<ResidueGroup, ResidueGroup> losers = new HashMap<>();
        for (List<ResidueGroup> rivals : byId.values()) {
            ResidueGroup best = rivals.stream()
                    .min(Comparator.comparingLong((ResidueGroup g) -> -Math.round(g.occupancy() * 1e6)).thenComparing(g -> !g.locations().contains("A")))
                    .orElseThrow();
            for (ResidueGroup rival : rivals) {
                boolean together = rival.locations().stream().anyMatch(best.locations()::contains);
                if (rival != best && !together) {
                    losers.put(rival, best);
                    notes.add(best.component() + " is kept where " + rival.component() + " is an alternative", best.id());
                }
            }
        }
        return groups.stream().filter(group -> !losers.containsKey(group)).toList();
    }

    private void noteNucleicChains(List<HeteroGroup> groups) {
        groups.stream().filter(group -> group.kind() == HeteroGroup.Kind.NUCLEIC).map(group -> group.id().chain()).distinct()
                .forEach(chain -> notes.add("Nucleic acid chains are hetero atoms, not residues", chain.isEmpty() ? "blank" : chain));
    }

    private ResidueTable table(List<ResidueGroup> residues) throws StructureException {
        int size = residues.size();
        int[] types = new int[size];
        double[] atom14 = new double[size * ResidueConstants.SLOTS * 3];
        boolean[] present = new boolean[size * ResidueConstants.SLOTS];
        boolean[] breakBefore = new boolean[size];
        Map<ResidueId, ResidueGroup> seen = new HashMap<>();
        for (int i = 0; i < size; i++) {
            ResidueGroup group = residues.get(i);
            ResidueGroup other = seen.put(group.id(), group);
            if (other != null) {
                throw new StructureException(source.file(),
                        atoms.placeUnit() + " " + group.first().place() + ": residue " + group.id() + " is " + group.component() + " but was "
                                + other.component() + " before");
            }
            types[i] = type(group);
            fill(group, types[i], i, atom14, present);
            breakBefore[i] = i == 0 || !Memberships.isBonded(residues.get(i - 1), group);
        }
        noteGaps(residues, types, present);
        return new ResidueTable(residues.stream().map(ResidueGroup::id).toList(), residues.stream().map(ResidueGroup::component).toList(), types, atom14,
                present, breakBefore);
    }

    private int type(ResidueGroup group) {
        String component = group.component();
        int type = ResidueConstants.typeOfCode(component);
        if (type != ResidueConstants.UNKNOWN) {
            return type;
        }
        String parent = atoms.residueParents().getOrDefault(group.id(), atoms.componentParents().get(component));
        boolean said = parent != null;
        parent = said ? parent : Components.parent(component);
        if (parent == null) {
            notes.add(component + " counts as unknown amino acid", group.id());
            return ResidueConstants.UNKNOWN;
        }
        notes.add(component + " counts as " + parent + (said ? ", as the file says" : ""), group.id());
        return ResidueConstants.typeOfCode(parent);
    }

    private static void fill(ResidueGroup group, int type, int residue, double[] atom14, boolean[] present) {
        // twice, because an atom under its parent's own name goes before one under another name
        for (boolean renamed : new boolean[] {false, true}) {
            for (StructureAtom atom : group.atoms()) {
                int slot = ResidueConstants.slot(type, renamed ? Components.alias(group.component(), atom.name()) : atom.name());
                int place = residue * ResidueConstants.SLOTS + slot;
                if (slot >= 0 && !present[place]) {
                    present[place] = true;
                    atom.position().store(atom14, place);
                }
            }
        }
    }

    private void noteGaps(List<ResidueGroup> residues, int[] types, boolean[] present) {
        for (int i = 0; i < types.length; i++) {
            ResidueGroup group = residues.get(i);
            int missing = 0;
            for (int slot = 0; slot < ResidueConstants.atoms(types[i]).size(); slot++) {
                missing += present[i * ResidueConstants.SLOTS + slot] ? 0 : 1;
            }
            if (!group.hasBackbone()) {
                notes.add("Residues without N, CA or C have no frame", group.id());
            } else if (missing > 0 && types[i] != ResidueConstants.UNKNOWN) {
                notes.add("Residues miss atoms", group.id());
            }
        }
    }
}
