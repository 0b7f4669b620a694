package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.data.ligand.internal.GroupLigand;
import org.bindrae.data.ligand.internal.LigandFile;

/** Reads ligands, from files of their own or out of structures. Rings, aromaticity, hydrogens, donors and acceptors are CDK's. */
public final class LigandReader {
    /** The selector of the largest ligand of a structure. */
    public static final String AUTO = "auto";

    private LigandReader() {
    }

    /** Whether a file name is that of a ligand file: {@code .sdf}, {@code .sd}, {@code .mol} or {@code .mol2}, also with {@code .gz}. */
    public static boolean isLigandFile(String name) {
        return LigandFile.isLigandName(name);
    }

    /**
     * The first molecule of an SDF or MOL file (V2000 or V3000) or of a MOL2 file, also gzipped. Hydrogen atoms become hydrogen counts of their neighbours.
     *
     * @throws LigandException naming the file and the place
     */
    public static LigandPose read(Path file) throws IOException {
        return LigandFile.read(file);
    }

    /**
     * A hetero group of a structure. Bonds that the file does not tell are perceived from distances and shapes.
     *
     * @param selector {@code CHAIN:RES:NUMBER} with the insertion code if there is one, or {@code CHAIN:RES} or {@code RES} where that is unambiguous, or
     *           {@link #AUTO} for the group with the most heavy atoms that is neither ion nor solvent, the first in the file among equals
     * @throws LigandException naming the file, and the groups that there are, when none or several fit
     */
    public static LigandPose read(Structure structure, String selector) throws LigandException {
        LigandSelector.Choice choice = new LigandSelector(structure).choose(selector);
        HeteroGroup group = choice.group();
        List<String> notes = new ArrayList<>(choice.notes());
        List<Integer> linked = linked(structure, group);
        if (!linked.isEmpty()) {
            notes.add("The ligand " + group + " is covalently bonded to other parts of the structure");
        }
        return new LigandPose(GroupLigand.read(group, linked, structure.file() + ": " + group), notes);
    }

    /** Whether a structure has a group that {@link #AUTO} stands for. */
    public static boolean hasLigand(Structure structure) {
        return new LigandSelector(structure).hasLigand();
    }

    private static boolean isIon(Structure structure, ResidueId id) {
        return structure.heteroGroups().stream().anyMatch(group -> group.kind() == HeteroGroup.Kind.ION && group.id().equals(id));
    }

    private static List<Integer> linked(Structure structure, HeteroGroup group) {
        List<Integer> linked = new ArrayList<>();
        for (Structure.Link link : structure.links()) {
            boolean isA = link.a().equals(group.id());
            boolean isB = link.b().equals(group.id());
            // a bond to an ion costs no hydrogen
            if (isA != isB && !isIon(structure, isA ? link.b() : link.a())) {
                String name = isA ? link.atomA() : link.atomB();
                IntStream.range(0, group.atoms().size()).filter(i -> group.atoms().get(i).name().equals(name) && GroupLigand.formsBonds(group.atoms().get(i)))
                        .forEach(linked::add);
            }
        }
        return linked;
    }
}
