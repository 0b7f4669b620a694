package org.bindrae.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/** Proteins put together in a test: backbones on a line, 3.8 Å apart. */
public final class DrawnProtein {
    private static final int SLOTS = ResidueConstants.SLOTS;

    private DrawnProtein() {
    }

    /** Chain A with this sequence, residue i at x = 3.8 i. */
    static ResidueTable table(String sequence) {
        return table(List.of(sequence));
    }

    /** Chains A, B, … each on a line of its own, 50 Å apart. */
    static ResidueTable table(List<String> chains) {
        List<ResidueId> ids = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int size = chains.stream().mapToInt(String::length).sum();
        int[] types = new int[size];
        double[] atom14 = new double[size * SLOTS * 3];
        boolean[] present = new boolean[size * SLOTS];
        boolean[] breakBefore = new boolean[size];
        int at = 0;
        for (int chain = 0; chain < chains.size(); chain++) {
            for (int i = 0; i < chains.get(chain).length(); i++, at++) {
                ids.add(new ResidueId(String.valueOf((char) ('A' + chain)), i + 1, ""));
                types[at] = ResidueConstants.typeOfLetter(chains.get(chain).charAt(i));
                names.add(ResidueConstants.code(types[at]));
                breakBefore[at] = i == 0;
                for (int slot = 0; slot < 4; slot++) {
                    position(chain, i, slot).store(atom14, at * SLOTS + slot);
                    present[at * SLOTS + slot] = true;
                }
            }
        }
        return new ResidueTable(ids, names, types, atom14, present, breakBefore);
    }

    private static Vec3 position(int chain, int residue, int slot) {
        double x = 3.8 * residue;
        return switch (slot) {
            case ResidueConstants.N -> new Vec3(x - 1.2, 50 * chain + 0.7, 0);
            case ResidueConstants.CA -> new Vec3(x, 50 * chain, 0);
            case ResidueConstants.C -> new Vec3(x + 1.2, 50 * chain + 0.7, 0);
            default -> new Vec3(x + 1.2, 50 * chain + 1.9, 0);
        };
    }

    /** The same as a PDB file, with hetero atoms after it. */
    public static String pdb(String sequence, String... heteroAtoms) {
        StringBuilder text = new StringBuilder();
        int serial = 1;
        for (int i = 0; i < sequence.length(); i++) {
            for (int slot = 0; slot < 4; slot++) {
                String name = List.of("N", "CA", "C", "O").get(slot);
                text.append(atom("ATOM", serial++, name, ResidueConstants.code(ResidueConstants.typeOfLetter(sequence.charAt(i))), "A", i + 1,
                        position(0, i, slot), name.substring(0, 1)));
            }
        }
        for (String atom : heteroAtoms) {
            text.append(atom).append('\n');
        }
        return text + "END\n";
    }

    /** A HETATM line without its end. */
    public static String heteroAtom(int serial, String name, String component, String chain, int number, Vec3 position, String element) {
        return atom("HETATM", serial, name, component, chain, number, position, element).strip();
    }

    private static String atom(String record, int serial, String name, String component, String chain, int number, Vec3 p, String element) {
        return String.format(Locale.ROOT, "%-6s%5d  %-3s %3s %1s%4d    %8.3f%8.3f%8.3f  1.00 10.00          %2s%n", record, serial, name, component, chain,
                number, p.x(), p.y(), p.z(), element);
    }
}
