package org.bindrae.geometry;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The facts of the residue types, in AlphaFold2's conventions (Jumper et al. 2021): type numbers 0–19 in the order {@link #LETTERS},
 * {@link #UNKNOWN} for the rest; the atom14 slots of each type, the 37 atom names over all types; the eight rigid groups (backbone,
 * pre-ω, φ, ψ, χ1–χ4) with ideal positions; χ angles and their symmetries; bonds and radii. Lengths in Å.
 *
 * <p>The unknown type has the slots N, CA, C, O, so that a backbone can be kept, but no ideal geometry: {@link #exists} is false for all
 * its slots.
 */
public final class ResidueConstants {
    /** One-letter codes in the order of the type numbers. */
    public static final String LETTERS = "ARNDCQEGHILKMFPSTWYV";
    /** Number of known types. */
    public static final int TYPES = 20;
    /** Type number of a residue that is none of the twenty. */
    public static final int UNKNOWN = 20;
    /** Atom slots per residue. */
    public static final int SLOTS = 14;
    /** Names in the atom37 order. */
    public static final int ATOM_NAMES = 37;
    /** Rigid groups: backbone, pre-ω, φ, ψ, χ1–χ4. */
    public static final int GROUPS = 8;
    /** Torsions: pre-ω, φ, ψ, χ1–χ4. */
    public static final int TORSIONS = 7;
    /** χ angles at most. */
    public static final int CHIS = 4;
    /** Slots that all types share, but for CB of glycine. */
    public static final int N = 0, CA = 1, C = 2, O = 3, CB = 4;
    /** van der Waals radius of elements that the table does not know, mostly metals. */
    private static final double OTHER_RADIUS = 2.0;
    private static final List<String> ATOM37 = List.of("N", "CA", "C", "CB", "O", "CG", "CG1", "CG2", "OG", "OG1", "SG", "CD", "CD1",
            "CD2", "ND1", "ND2", "OD1", "OD2", "SD", "CE", "CE1", "CE2", "CE3", "NE", "NE1", "NE2", "OE1", "OE2", "CH2", "NH1", "NH2", "OH",
            "CZ", "CZ2", "CZ3", "NZ", "OXT");
    private static final ResidueTableReader.ResidueTable TABLE = ResidueTableReader.read();
    private static final ResidueTemplate UNKNOWN_TEMPLATE = ResidueTemplate.of('X', "UNK", List.of("N", "CA", "C", "O"), List.of(),
            List.of(), List.of(), List.of(), List.of(new Bond(N, CA), new Bond(CA, C), new Bond(C, O)));
    /** atom14 slot of each (type, atom37 index), −1 where the type has no such atom. */
    private static final int[] SLOT_OF_ATOM37 = IntStream.range(0, (TYPES + 1) * ATOM_NAMES)
            .map(i -> template(i / ATOM_NAMES).atoms().indexOf(ATOM37.get(i % ATOM_NAMES))).toArray();
    /** What {@link #symmetricSlot} says of each (type, slot). */
    private static final int[] SYMMETRIC_SLOT = IntStream.range(0, (TYPES + 1) * SLOTS).map(i -> template(i / SLOTS).symmetricSlot(i % SLOTS)).toArray();

    /** A pair of slots of one residue. */
    public record Bond(int a, int b) {
    }

    private ResidueConstants() {
    }

    static ResidueTemplate template(int type) {
        if (type < 0 || type > UNKNOWN) {
            throw new IllegalArgumentException("residue type " + type + " is not between 0 and " + UNKNOWN);
        }
        return type == UNKNOWN ? UNKNOWN_TEMPLATE : TABLE.residues().get(type);
    }

    /** Three-letter code, {@code UNK} for the unknown type. */
    public static String code(int type) {
        return template(type).code();
    }

    /** One-letter code, {@code X} for the unknown type. */
    public static char letter(int type) {
        return template(type).letter();
    }

    /** The type of a three-letter code (upper case), {@link #UNKNOWN} for all but the twenty. */
    public static int typeOfCode(String code) {
        return IntStream.range(0, TYPES).filter(type -> code(type).equals(code)).findFirst().orElse(UNKNOWN);
    }

    /** The type of a one-letter code (upper case), {@link #UNKNOWN} for all but the twenty. */
    public static int typeOfLetter(char letter) {
        int type = LETTERS.indexOf(letter);
        return type < 0 ? UNKNOWN : type;
    }

    /** Names of the atoms in slot order; shorter than {@link #SLOTS}. */
    public static List<String> atoms(int type) {
        return template(type).atoms();
    }

    /** The slot of an atom name, −1 when the type has no such atom. */
    public static int slot(int type, String atom) {
        return template(type).atoms().indexOf(atom);
    }

    /** Whether the type has an atom in this slot and knows its ideal position. */
    public static boolean exists(int type, int slot) {
        return slot < template(type).groups().size();
    }

    /** All heavy-atom names, in the atom37 order. */
    public static List<String> atom37() {
        return ATOM37;
    }

    /** The slot of atom37 index {@code atom}, −1 when the type has no such atom. */
    public static int slotOfAtom37(int type, int atom) {
        template(type);
        return SLOT_OF_ATOM37[type * ATOM_NAMES + atom];
    }

    /** Chemical element of an atom: all names start with a one-letter element. */
    public static String element(int type, int slot) {
        return template(type).atoms().get(slot).substring(0, 1);
    }

    /** van der Waals radius of an element by its symbol ({@code Cl}, any case), Å; 2 Å for elements without a tabulated value. */
    public static double vanDerWaalsRadius(String element) {
        int head = Math.min(1, element.length());
        String symbol = element.substring(0, head).toUpperCase(Locale.ROOT) + element.substring(head).toLowerCase(Locale.ROOT);
        return TABLE.radii().getOrDefault(symbol, OTHER_RADIUS);
    }

    /** Rigid group of an existing atom: 0 backbone, 3 ψ, 4–7 χ1–χ4. */
    public static int group(int type, int slot) {
        return template(type).groups().get(slot);
    }

    /** Ideal position of an existing atom in the frame of its group. */
    public static Vec3 idealPosition(int type, int slot) {
        return template(type).ideal().get(slot);
    }

    /**
     * Frame of a rigid group at torsion 0, in the backbone frame for groups 0–4, in that of the group before it for χ2–χ4; the identity
     * where the type has no such group.
     */
    public static RigidFrame defaultFrame(int type, int group) {
        List<RigidFrame> frames = template(type).defaultFrames();
        return frames.isEmpty() ? RigidFrame.IDENTITY : frames.get(group);
    }

    /** Number of χ angles. */
    public static int chiCount(int type) {
        return template(type).chis().size();
    }

    /** Slot of atom {@code index} (0–3) of the χ angle {@code chi} (0 for χ1). */
    public static int chiSlot(int type, int chi, int index) {
        return template(type).chis().get(chi).slot(index);
    }

    /** Whether turning χ {@code chi} (0 for χ1) by π gives the same structure: ASP χ2, GLU χ3, PHE χ2, TYR χ2. */
    public static boolean isPiPeriodic(int type, int chi) {
        return chi < chiCount(type) && template(type).chis().get(chi).piPeriodic();
    }

    /** The slot whose atom exchanges its name with this one under the type's symmetry; the slot itself for all other atoms. */
    public static int symmetricSlot(int type, int slot) {
        template(type);
        return SYMMETRIC_SLOT[type * SLOTS + Objects.checkIndex(slot, SLOTS)];
    }

    /** Covalent bonds within the residue. */
    public static List<Bond> bonds(int type) {
        return template(type).bonds();
    }

    /** Number of bonds between two atoms of a residue. */
    public static int bondDistance(int type, int slotA, int slotB) {
        ResidueTemplate template = template(type);
        return template.bondDistances()[slotA * template.atoms().size() + slotB];
    }
}
