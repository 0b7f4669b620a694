package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.ResidueId;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.geometry.ResidueConstants;

/** Makes a group of a ligand that comes from a file of its own: under a chain, a component code and atom names that nothing else has. */
final class AddedLigand {
    /** Atoms at most this far apart (Å) are the same: files round to 0.001 or 0.0001 Å. */
    private static final double SAME = 0.05;
    private static final String CHAINS = "LXYZABCDEFGHIJKMNOPQRSTUVWabcdefghijklmnopqrstuvwxyz0123456789";

    private AddedLigand() {
    }

    /** Empty for no ligand, and for one that is a hetero group of the structure. */
    static Optional<OutputGroup> of(Structure structure, Ligand ligand, Notes notes) {
        if (ligand.atoms().isEmpty()) {
            return Optional.empty();
        }
        Optional<HeteroGroup> present = structure.heteroGroups().stream().filter(group -> isSame(group, ligand)).findFirst();
        if (present.isPresent()) {
            notes.add("The ligand is written once, as the structure has it", present.get());
            return Optional.empty();
        }
        List<String> names = names(ligand);
        List<StructureAtom> atoms = IntStream.range(0, names.size()).mapToObj(i -> atom(names.get(i), ligand.atoms().get(i))).toList();
        List<HeteroGroup.Bond> bonds = ligand.bonds().stream().map(bond -> new HeteroGroup.Bond(bond.a(), bond.b(), bond.order())).toList();
        OutputGroup group = new OutputGroup(new ResidueId(freeChain(structure), 1, ""), freeComponent(structure, ligand), true, null, atoms, bonds);
        notes.add("The ligand is written as " + group.id().chain() + ":" + group.component() + ":1");
        return Optional.of(group);
    }

    private static StructureAtom atom(String name, LigandAtom atom) {
        return new StructureAtom(name, atom.element(), atom.position(), atom.charge(), 1, 0);
    }

    private static boolean isSame(HeteroGroup group, Ligand ligand) {
        return group.atoms().size() == ligand.atoms().size() && ligand.atoms().stream().allMatch(atom -> group.atoms().stream()
                .anyMatch(other -> other.element().equals(atom.element()) && other.position().distance(atom.position()) <= SAME));
    }

    /** The ligand's own names where they are short and different, else element and number. */
    private static List<String> names(Ligand ligand) {
        List<String> own = ligand.atoms().stream().map(LigandAtom::name).toList();
        if (new HashSet<>(own).size() == own.size() && own.stream().allMatch(name -> name.matches("[\\x21-\\x7e]{1,4}"))) {
            return own;
        }
        Map<String, Integer> counts = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (LigandAtom atom : ligand.atoms()) {
            String element = atom.element().toUpperCase(Locale.ROOT);
            names.add(element + counts.merge(element, 1, Integer::sum));
        }
        return names;
    }

    private static String freeChain(Structure structure) {
        Set<String> taken = Stream.concat(structure.residues().ids().stream(), groups(structure).map(HeteroGroup::id)).map(ResidueId::chain)
                .collect(Collectors.toSet());
        return CHAINS.chars().mapToObj(Character::toString).filter(chain -> !taken.contains(chain)).findFirst().orElse("LIG");
    }

    private static String freeComponent(Structure structure, Ligand ligand) {
        Set<String> taken = Stream.concat(structure.residues().names().stream(), groups(structure).map(HeteroGroup::component)).collect(Collectors.toSet());
        String name = ligand.name().strip().toUpperCase(Locale.ROOT);
        Stream<String> own = name.matches("[A-Z0-9]{1,3}") ? Stream.of(name) : Stream.empty();
        Stream<String> made = Stream.concat(Stream.of("LIG"), IntStream.range(0, 100).mapToObj(i -> String.format(Locale.ROOT, "L%02d", i)));
        return Stream.concat(own, made).filter(code -> !taken.contains(code) && !isKnown(code)).findFirst().orElse("LIG");
    }

    /** Codes that a reader would not take for a ligand. */
    private static boolean isKnown(String code) {
        return ResidueConstants.typeOfCode(code) != ResidueConstants.UNKNOWN || Components.parent(code) != null || Components.isWater(code)
                || Components.isNucleotide(code) || Components.isCap(code) || Components.isSolvent(code);
    }

    private static Stream<HeteroGroup> groups(Structure structure) {
        return Stream.concat(structure.heteroGroups().stream(), structure.waterAndNucleic().stream());
    }
}
