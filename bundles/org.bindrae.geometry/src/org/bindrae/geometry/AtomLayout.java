package org.bindrae.geometry;

/** Conversion between the atom37 layout (one place per atom name) and the atom14 layout (one place per atom of the type). */
public final class AtomLayout {
    private AtomLayout() {
    }

    /** [T, 37, width] to [T, 14, width]; slots without an atom are 0. */
    public static double[] toAtom14(int[] types, double[] atom37, int width) {
        double[] atom14 = new double[types.length * ResidueConstants.SLOTS * width];
        forEachAtom(types, (slot, name) -> System.arraycopy(atom37, name * width, atom14, slot * width, width));
        return atom14;
    }

    /** [T, 14, width] to [T, 37, width]; names that the type does not have are 0. */
    public static double[] toAtom37(int[] types, double[] atom14, int width) {
        double[] atom37 = new double[types.length * ResidueConstants.ATOM_NAMES * width];
        forEachAtom(types, (slot, name) -> System.arraycopy(atom14, slot * width, atom37, name * width, width));
        return atom37;
    }

    /** Which atoms are known, [T, 37] to [T, 14]. */
    public static boolean[] toAtom14(int[] types, boolean[] atom37) {
        boolean[] atom14 = new boolean[types.length * ResidueConstants.SLOTS];
        forEachAtom(types, (slot, name) -> atom14[slot] = atom37[name]);
        return atom14;
    }

    @FunctionalInterface
    private interface Place {
        void visit(int slot, int name);
    }

    private static void forEachAtom(int[] types, Place place) {
        for (int i = 0; i < types.length; i++) {
            for (int name = 0; name < ResidueConstants.ATOM_NAMES; name++) {
                int slot = ResidueConstants.slotOfAtom37(types[i], name);
                if (slot >= 0) {
                    place.visit(i * ResidueConstants.SLOTS + slot, i * ResidueConstants.ATOM_NAMES + name);
                }
            }
        }
    }
}
