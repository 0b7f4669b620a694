package org.bindrae.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/** What is around a protein beside its ligand: cofactors, ions, further ligands, molecules of the solvent, nucleic acids; no water, and no caps of chains. */
final class Surroundings {
    /** Atoms further than this from every Cα are left out, Å. */
    static final double REACH = 14;
    /** Two atoms of one structure are never as near as this, Å: closer ones stand for one another. */
    private static final double SAME_PLACE = 1;
    /** Marks the planes of a membrane; no molecule. */
    private static final String MEMBRANE = "DUM";

    private Surroundings() {
    }

    /**
     * The heavy atoms around a protein, in the order of the file. A group that lies where the ligand does is the ligand, or was in its place before, and left
     * out. Which atoms there are does not depend on side chains.
     */
    static HeteroAtoms of(Structure structure, Ligand ligand) {
        List<Vec3> alphas = alphas(structure.residues());
        List<Vec3> places = ligand.atoms().stream().map(LigandAtom::position).toList();
        List<StructureAtom> atoms = new ArrayList<>();
        Stream.concat(structure.heteroGroups().stream(), structure.waterAndNucleic().stream())
                .filter(group -> group.kind() != HeteroGroup.Kind.WATER && group.kind() != HeteroGroup.Kind.CAP && !group.component().equals(MEMBRANE))
                .filter(group -> group.atoms().stream().noneMatch(atom -> isNear(atom, places, SAME_PLACE)))
                .forEach(group -> group.atoms().stream().filter(atom -> isNear(atom, alphas, REACH)).forEach(atoms::add));
        return HeteroAtoms.of(atoms);
    }

    private static List<Vec3> alphas(ResidueTable table) {
        List<Vec3> alphas = new ArrayList<>();
        for (int i = 0; i < table.size(); i++) {
            int atom = i * ResidueConstants.SLOTS + ResidueConstants.CA;
            if (table.present()[atom]) {
                alphas.add(Vec3.at(table.atom14(), atom));
            }
        }
        return alphas;
    }

    private static boolean isNear(StructureAtom atom, List<Vec3> places, double distance) {
        return places.stream().anyMatch(place -> place.distance(atom.position()) <= distance);
    }
}
