package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.Ligand;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureWriter;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/**
 * What will be written.
 *
 * @param chains residues by chain
 * @param nucleicChains nucleotides by chain
 * @param others ligands, ions, solvent, the added ligand
 */
record OutputModel(List<List<OutputGroup>> chains, List<List<OutputGroup>> nucleicChains, List<OutputGroup> others, List<OutputGroup> waters,
        List<Structure.Link> links, List<String> notes) {

    /** The structure with new coordinates where they are given, and a ligand from elsewhere. */
    static OutputModel of(Structure structure, StructureWriter.Coordinates coordinates, Ligand ligand) {
        Notes notes = new Notes();
        Map<String, List<OutputGroup>> chains = new LinkedHashMap<>();
        for (int i = 0; i < structure.residues().size(); i++) {
            chains.computeIfAbsent(structure.residues().ids().get(i).chain(), chain -> new ArrayList<>()).add(residue(structure, coordinates, i, notes));
        }
        Map<String, List<OutputGroup>> nucleic = new LinkedHashMap<>();
        List<OutputGroup> waters = new ArrayList<>();
        for (HeteroGroup group : structure.waterAndNucleic()) {
            if (group.kind() == HeteroGroup.Kind.NUCLEIC) {
                nucleic.computeIfAbsent(group.id().chain(), chain -> new ArrayList<>()).add(OutputGroup.of(group));
            } else {
                waters.add(OutputGroup.of(group));
            }
        }
        List<OutputGroup> others = new ArrayList<>(structure.heteroGroups().stream().map(OutputGroup::of).toList());
        AddedLigand.of(structure, ligand, notes).ifPresent(others::add);
        return new OutputModel(List.copyOf(chains.values()), List.copyOf(nucleic.values()), others, waters, structure.links(), notes.sentences());
    }

    private static OutputGroup residue(Structure structure, StructureWriter.Coordinates coordinates, int i, Notes notes) {
        ResidueTable table = structure.residues();
        int type = table.types()[i];
        String component = table.names().get(i);
        boolean known = type != ResidueConstants.UNKNOWN;
        if (coordinates.predicted()[i] && known) {
            if (!component.equals(ResidueConstants.code(type))) {
                notes.add(component + " is written as " + ResidueConstants.code(type) + ", because its side chain was rebuilt", table.ids().get(i));
            }
            return new OutputGroup(table.ids().get(i), ResidueConstants.code(type), false, null, rebuilt(structure, coordinates, i), List.of());
        }
        boolean standard = ResidueConstants.typeOfCode(component) != ResidueConstants.UNKNOWN;
        String parent = standard || !known ? null : ResidueConstants.code(type);
        return new OutputGroup(table.ids().get(i), component, !standard, parent, structure.residueAtoms().get(i), List.of());
    }

    private static List<StructureAtom> rebuilt(Structure structure, StructureWriter.Coordinates coordinates, int i) {
        int type = structure.residues().types()[i];
        double bFactor = 100 * coordinates.confidence()[i];
        List<StructureAtom> atoms = new ArrayList<>();
        for (int slot = 0; slot < ResidueConstants.atoms(type).size(); slot++) {
            Vec3 position = Vec3.at(coordinates.atom14(), i * ResidueConstants.SLOTS + slot);
            if (!position.isFinite()) {
                throw new IllegalArgumentException("residue " + structure.residues().ids().get(i) + ": no finite position of "
                        + ResidueConstants.atoms(type).get(slot));
            }
            atoms.add(new StructureAtom(ResidueConstants.atoms(type).get(slot), ResidueConstants.element(type, slot), position, 0, 1, bFactor));
        }
        if (structure.residueAtoms().get(i).stream().anyMatch(atom -> atom.name().equals("OXT"))) {
            atoms.add(new StructureAtom("OXT", "O", oppositeOxygen(atoms), 0, 1, bFactor));
        }
        return atoms;
    }

    /** The second oxygen of a carboxylate: the first one mirrored at the CA–C axis. */
    private static Vec3 oppositeOxygen(List<StructureAtom> atoms) {
        Vec3 c = atoms.get(ResidueConstants.C).position();
        Vec3 axis = c.minus(atoms.get(ResidueConstants.CA).position()).unit();
        Vec3 bond = atoms.get(ResidueConstants.O).position().minus(c);
        return c.plus(axis.times(2 * axis.dot(bond))).minus(bond);
    }

    /** All groups in the order in which they are written. */
    Stream<OutputGroup> groups() {
        return Stream.of(chains.stream().flatMap(List::stream), nucleicChains.stream().flatMap(List::stream), others.stream(), waters.stream())
                .flatMap(groups -> groups);
    }
}
