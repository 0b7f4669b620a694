package org.bindrae.geometry;

import java.util.Optional;

/**
 * The backbone frames of T residues. A residue without N, CA or C has no frame of its own and is masked; in its place stands the frame of
 * the nearest residue along the sequence that has one, moved to its own CA where that is known, so that it moves with the molecule.
 *
 * @param rotations [T, 9], row by row
 * @param translations [T, 3], Å
 * @param mask which residues have their own frame [T]
 */
public record BackboneFrames(double[] rotations, double[] translations, boolean[] mask) {

    /** From positions [T, 14, 3] and which of them are known [T, 14]. */
    public static BackboneFrames of(double[] atom14, boolean[] present) {
        int residues = present.length / ResidueConstants.SLOTS;
        BackboneFrames frames = new BackboneFrames(new double[9 * residues], new double[3 * residues], new boolean[residues]);
        for (int i = 0; i < residues; i++) {
            int n = i * ResidueConstants.SLOTS + ResidueConstants.N;
            int ca = i * ResidueConstants.SLOTS + ResidueConstants.CA;
            int c = i * ResidueConstants.SLOTS + ResidueConstants.C;
            if (present[n] && present[ca] && present[c]) {
                Optional<RigidFrame> frame = RigidFrame.ofBackbone(Vec3.at(atom14, n), Vec3.at(atom14, ca), Vec3.at(atom14, c));
                frames.mask[i] = frame.isPresent();
                if (frame.isPresent()) {
                    frame.get().store(frames.rotations, frames.translations, i);
                }
            }
        }
        frames.fillGaps(atom14, present);
        return frames;
    }

    /** Frame of a residue. */
    public RigidFrame frame(int residue) {
        return RigidFrame.at(rotations, translations, residue);
    }

    private void fillGaps(double[] atom14, boolean[] present) {
        for (int i = 0; i < mask.length; i++) {
            if (!mask[i]) {
                int neighbour = nearestWithFrame(i);
                RigidFrame frame = neighbour < 0 ? RigidFrame.IDENTITY : frame(neighbour);
                int ca = i * ResidueConstants.SLOTS + ResidueConstants.CA;
                frame.withOrigin(present[ca] ? Vec3.at(atom14, ca) : frame.origin()).store(rotations, translations, i);
            }
        }
    }

    private int nearestWithFrame(int residue) {
        for (int step = 1; step < mask.length; step++) {
            if (residue - step >= 0 && mask[residue - step]) {
                return residue - step;
            }
            if (residue + step < mask.length && mask[residue + step]) {
                return residue + step;
            }
        }
        return -1;
    }
}
