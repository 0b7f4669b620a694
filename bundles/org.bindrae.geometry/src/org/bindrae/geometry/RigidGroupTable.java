package org.bindrae.geometry;

import java.util.Arrays;

/**
 * The ideal geometry of all residue types as plain arrays, for devices: types 0 … {@link ResidueConstants#UNKNOWN}, which has no atoms here.
 *
 * @param groups rigid group of each slot [types, 14]; −1 where there is no atom
 * @param ideal position of each slot in its group's frame [types, 14, 3], Å
 * @param defaultFrames frame of each group in that of its parent at torsion 0 [types, 8, 12]: nine entries of R row by row, then t in Å
 */
public record RigidGroupTable(int[] groups, double[] ideal, double[] defaultFrames) {
    /** Numbers of one frame. */
    public static final int FRAME = 12;
    /** Types, the unknown one included. */
    public static final int TYPES = ResidueConstants.UNKNOWN + 1;

    /** That of {@link ResidueConstants}. */
    public static RigidGroupTable create() {
        int slots = ResidueConstants.SLOTS;
        int frames = ResidueConstants.GROUPS;
        RigidGroupTable table = new RigidGroupTable(new int[TYPES * slots], new double[TYPES * slots * 3], new double[TYPES * frames * FRAME]);
        Arrays.fill(table.groups, -1);
        for (int type = 0; type < TYPES; type++) {
            ResidueTemplate template = ResidueConstants.template(type);
            for (int slot = 0; slot < template.groups().size(); slot++) {
                table.groups[type * slots + slot] = template.groups().get(slot);
                template.ideal().get(slot).store(table.ideal, type * slots + slot);
            }
            for (int group = 0; group < template.defaultFrames().size(); group++) {
                table.store(template.defaultFrames().get(group), type * frames + group);
            }
        }
        return table;
    }

    private void store(RigidFrame frame, int index) {
        double[] rotation = new double[9];
        double[] translation = new double[3];
        frame.store(rotation, translation, 0);
        System.arraycopy(rotation, 0, defaultFrames, index * FRAME, 9);
        System.arraycopy(translation, 0, defaultFrames, index * FRAME + 9, 3);
    }
}
