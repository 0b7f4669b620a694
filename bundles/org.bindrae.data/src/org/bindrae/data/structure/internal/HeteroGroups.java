package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;

/** Makes hetero groups with their bonds, and finds the bonds between them and to residues. */
final class HeteroGroups {
    private record GroupKey(ResidueId id, String component) {
    }

    private final FileAtoms atoms;
    private final Map<GroupKey, List<FileAtoms.Connection>> connections = new HashMap<>();

    HeteroGroups(FileAtoms atoms) {
        this.atoms = atoms;
        for (FileAtoms.Connection connection : atoms.connections()) {
            GroupKey a = new GroupKey(connection.a().residue(), connection.a().component());
            GroupKey b = new GroupKey(connection.b().residue(), connection.b().component());
            if (a.equals(b)) {
                connections.computeIfAbsent(a, key -> new ArrayList<>()).add(connection);
            }
        }
    }

    /** A group of the kind that its component and atoms tell. */
    HeteroGroup of(ResidueGroup group) {
        return of(group, kind(group));
    }

    private static HeteroGroup.Kind kind(ResidueGroup group) {
        if (Components.isCap(group.component())) {
            return HeteroGroup.Kind.CAP;
        }
        boolean carbon = group.atoms().stream().anyMatch(atom -> atom.element().equals("C"));
        boolean metal = group.atoms().stream().anyMatch(atom -> Elements.isMetal(atom.element()));
        if (group.atoms().size() == 1 || metal && !carbon) {
            return HeteroGroup.Kind.ION;
        }
        return Components.isSolvent(group.component()) ? HeteroGroup.Kind.SOLVENT : HeteroGroup.Kind.LIGAND;
    }

    HeteroGroup of(ResidueGroup group, HeteroGroup.Kind kind) {
        return new HeteroGroup(group.id(), group.component(), kind, group.atoms(), bonds(group));
    }

    private List<HeteroGroup.Bond> bonds(ResidueGroup group) {
        Map<String, Integer> places = new HashMap<>();
        group.atoms().forEach(atom -> places.put(atom.name(), places.size()));
        List<HeteroGroup.Bond> bonds = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        for (FileAtoms.NamedBond bond : atoms.componentBonds().getOrDefault(group.component(), List.of())) {
            addBond(bonds, seen, places.get(bond.a()), places.get(bond.b()), bond.order());
        }
        for (FileAtoms.Connection bond : connections.getOrDefault(new GroupKey(group.id(), group.component()), List.of())) {
            addBond(bonds, seen, places.get(bond.a().atom()), places.get(bond.b().atom()), bond.order());
        }
        return bonds;
    }

    private static void addBond(List<HeteroGroup.Bond> bonds, Set<Long> seen, Integer a, Integer b, int order) {
        if (a != null && b != null && !a.equals(b) && seen.add((long) Math.min(a, b) << 32 | Math.max(a, b))) {
            bonds.add(new HeteroGroup.Bond(Math.min(a, b), Math.max(a, b), order));
        }
    }

    /** Covalent bonds between different groups, one of them at least a hetero group; coordination of ions is none. */
    List<Structure.Link> links(ResidueTable residues, List<HeteroGroup> heteroGroups) {
        Map<GroupKey, Boolean> heteroOrResidue = new HashMap<>();
        for (int i = 0; i < residues.size(); i++) {
            heteroOrResidue.put(new GroupKey(residues.ids().get(i), residues.names().get(i)), false);
        }
        heteroGroups.stream().filter(group -> group.kind() != HeteroGroup.Kind.ION)
                .forEach(group -> heteroOrResidue.put(new GroupKey(group.id(), group.component()), true));
        Set<Structure.Link> links = new LinkedHashSet<>();
        for (FileAtoms.Connection connection : atoms.connections()) {
            GroupKey a = new GroupKey(connection.a().residue(), connection.a().component());
            GroupKey b = new GroupKey(connection.b().residue(), connection.b().component());
            Boolean heteroA = heteroOrResidue.get(a);
            Boolean heteroB = heteroOrResidue.get(b);
            if (!a.equals(b) && heteroA != null && heteroB != null && (heteroA || heteroB)) {
                boolean residueLast = heteroA && !heteroB;
                links.add(residueLast ? new Structure.Link(b.id(), connection.b().atom(), a.id(), connection.a().atom())
                        : new Structure.Link(a.id(), connection.a().atom(), b.id(), connection.b().atom()));
            }
        }
        return List.copyOf(links);
    }
}
