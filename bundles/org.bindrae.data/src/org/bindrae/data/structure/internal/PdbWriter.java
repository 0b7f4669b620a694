package org.bindrae.data.structure.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.data.ResidueId;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureException;
import org.bindrae.geometry.Vec3;

/** Writes the PDB format (3.3). What its columns cannot hold is an error. */
final class PdbWriter {
    private static final int MOST_ATOMS = 99_999;
    private static final int SEQUENCE_WIDTH = 13;
    private static final int PARTNERS = 4;
    private final Path file;
    private final StringBuilder out = new StringBuilder();
    private final Map<ResidueId, Map<String, Integer>> serials = new HashMap<>();
    private int serial;

    private PdbWriter(Path file) {
        this.file = file;
    }

    /** @throws StructureException when the format cannot hold the model */
    static String write(Path file, OutputModel model) throws StructureException {
        PdbWriter writer = new PdbWriter(file);
        writer.writeModel(model);
        return writer.out.toString();
    }

    private void writeModel(OutputModel model) throws StructureException {
        line("REMARK   1 WRITTEN BY BINDRAE. B FACTORS OF PREDICTED RESIDUES ARE 100 X CONFIDENCE.");
        List<List<OutputGroup>> polymers = new ArrayList<>(model.chains());
        polymers.addAll(model.nucleicChains());
        polymers.forEach(this::writeSequence);
        model.groups().forEach(this::writeParent);
        for (List<OutputGroup> polymer : polymers) {
            for (OutputGroup group : polymer) {
                writeAtoms(group);
            }
            writeEnd(polymer.getLast());
        }
        List<OutputGroup> groups = new ArrayList<>(model.others());
        groups.addAll(model.waters());
        List<int[]> bonds = new ArrayList<>();
        for (OutputGroup group : groups) {
            int first = serial + 1;
            writeAtoms(group);
            group.bonds().forEach(bond -> bonds.add(new int[] {first + bond.a(), first + bond.b(), bond.order()}));
        }
        model.links().forEach(link -> addLink(bonds, link));
        writeConnections(bonds);
        line("END");
    }

    private void writeSequence(List<OutputGroup> polymer) {
        for (int i = 0; i < polymer.size(); i += SEQUENCE_WIDTH) {
            StringBuilder names = new StringBuilder();
            polymer.subList(i, Math.min(i + SEQUENCE_WIDTH, polymer.size()))
                    .forEach(group -> names.append(String.format(Locale.ROOT, " %3s", group.component())));
            line(String.format(Locale.ROOT, "SEQRES %3d %1s %4d ", i / SEQUENCE_WIDTH + 1, polymer.getFirst().id().chain(), polymer.size()) + names);
        }
    }

    private void writeParent(OutputGroup group) {
        if (group.parent() != null) {
            line(String.format(Locale.ROOT, "MODRES XXXX %3s %1s %4d%1s %3s  MODIFIED RESIDUE", group.component(), group.id().chain(), group.id().number(),
                    group.id().insertionCode(), group.parent()));
        }
    }

    private void writeAtoms(OutputGroup group) throws StructureException {
        ResidueId id = group.id();
        check(id.chain().length() <= 1, "chain name " + id.chain() + " is longer than one character");
        check(id.number() >= -999 && id.number() <= 9999, "residue number " + id.number() + " of chain " + id.chain() + " does not fit");
        check(id.insertionCode().length() <= 1, "insertion code " + id.insertionCode() + " of residue " + id + " is longer than one character");
        check(group.component().length() <= 3, "residue name " + group.component() + " of " + id + " is longer than three characters");
        for (StructureAtom atom : group.atoms()) {
            serial++;
            check(serial <= MOST_ATOMS, "there are more than " + MOST_ATOMS + " atoms");
            check(atom.name().length() <= 4, "atom name " + atom.name() + " of residue " + id + " is longer than four characters");
            check(fits(atom.position()), "atom " + atom.name() + " of residue " + id + " is too far from the origin");
            serials.computeIfAbsent(id, key -> new HashMap<>()).put(atom.name(), serial);
            line(String.format(Locale.ROOT, "%-6s%5d %-4s %3s %1s%4d%1s   %8.3f%8.3f%8.3f%6.2f%6.2f          %2s%-2s", group.hetatm() ? "HETATM" : "ATOM",
                    serial, name(atom), group.component(), id.chain(), id.number(), id.insertionCode(), atom.position().x(), atom.position().y(),
                    atom.position().z(), Math.clamp(atom.occupancy(), 0, 999.99), Math.clamp(atom.bFactor(), -99.99, 999.99), element(atom),
                    charge(atom.charge())));
        }
    }

    /** One-letter elements stand in the second name column, unless the name needs all four. */
    private static String name(StructureAtom atom) {
        return atom.element().length() == 1 && atom.name().length() < 4 ? " " + atom.name() : atom.name();
    }

    private static String element(StructureAtom atom) {
        return atom.element().equals(Elements.UNKNOWN) ? "" : atom.element().toUpperCase(Locale.ROOT);
    }

    private static String charge(int charge) {
        return charge == 0 || Math.abs(charge) > 9 ? "" : Math.abs(charge) + (charge < 0 ? "-" : "+");
    }

    private static boolean fits(Vec3 position) {
        return Math.min(position.x(), Math.min(position.y(), position.z())) > -999.9995
                && Math.max(position.x(), Math.max(position.y(), position.z())) < 9999.9995;
    }

    private void writeEnd(OutputGroup last) {
        serial++;
        line(String.format(Locale.ROOT, "TER   %5d      %3s %1s%4d%1s", serial, last.component(), last.id().chain(), last.id().number(), last.id()
                .insertionCode()));
    }

    private void addLink(List<int[]> bonds, Structure.Link link) {
        Integer a = serials.getOrDefault(link.a(), Map.of()).get(link.atomA());
        Integer b = serials.getOrDefault(link.b(), Map.of()).get(link.atomB());
        if (a != null && b != null) {
            bonds.add(new int[] {a, b, 0});
        }
    }

    /** Both directions of each bond; a partner is repeated for double and triple bonds, its repetitions on one line. */
    private void writeConnections(List<int[]> bonds) {
        Map<Integer, List<int[]>> partners = new TreeMap<>();
        for (int[] bond : bonds) {
            partners.computeIfAbsent(bond[0], key -> new ArrayList<>()).add(new int[] {bond[1], bond[2]});
            partners.computeIfAbsent(bond[1], key -> new ArrayList<>()).add(new int[] {bond[0], bond[2]});
        }
        partners.forEach((from, all) -> {
            StringBuilder columns = new StringBuilder();
            int used = 0;
            for (int[] partner : all) {
                int repeats = Math.max(1, partner[1]);
                if (used + repeats > PARTNERS) {
                    line(String.format(Locale.ROOT, "CONECT%5d", from) + columns);
                    columns.setLength(0);
                    used = 0;
                }
                columns.append(String.format(Locale.ROOT, "%5d", partner[0]).repeat(repeats));
                used += repeats;
            }
            line(String.format(Locale.ROOT, "CONECT%5d", from) + columns);
        });
    }

    private void check(boolean fits, String problem) throws StructureException {
        if (!fits) {
            throw new StructureException(file, problem + ", which the PDB format cannot hold; write a .cif file instead");
        }
    }

    private void line(String text) {
        out.append(text.stripTrailing()).append('\n');
    }
}
