package org.bindrae.geometry;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Atom positions from backbone frames and torsions (AlphaFold2, Algorithm 24): every atom is placed at its ideal position in the frame of
 * its rigid group, which turns by its torsion; χ groups are chained.
 */
public final class ForwardKinematics {
    private ForwardKinematics() {
    }

    /**
     * Builds all atoms of T residues.
     *
     * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 14]; taken as they are, see {@link UnitTorsions}
     * @param types residue types [T]
     * @return positions [T, 14, 3], Å; 0 for slots that do not exist
     */
    public static Tensor atoms(Tape tape, Frames frames, Tensor torsions, int[] types) {
        return atoms(tape, frames, torsions, tape.indices(types));
    }

    /** As {@link #atoms(Tape, Frames, Tensor, int[])} with the types I32 [T] where the frames are. */
    public static Tensor atoms(Tape tape, Frames frames, Tensor torsions, Tensor types) {
        int residues = Math.toIntExact(types.size());
        HostValues.require("rotations", frames.rotations(), residues, 9);
        HostValues.require("torsions", torsions, residues, 2 * ResidueConstants.TORSIONS);
        GeometryKernels kernels = GeometryKernels.of(tape.device());
        Tensor result = tape.output(torsions.dtype(), Shape.of(residues, ResidueConstants.SLOTS, 3), torsions, frames.rotations(), frames.translations());
        kernels.placeAtoms(frames, torsions, types, result);
        if (result.requiresGradient()) {
            tape.record(() -> kernels.placeAtomsBackward(frames, torsions, types, tape.gradient(result), tape.gradient(frames.rotations()),
                    tape.gradient(frames.translations()), tape.gradient(torsions)));
        }
        return result;
    }

    /**
     * Builds all atoms of T residues from plain numbers.
     *
     * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 14]
     * @param types residue types [T]
     * @return positions [T, 14, 3], Å; 0 for slots that do not exist
     */
    public static double[] atoms(BackboneFrames frames, double[] torsions, int[] types) {
        HostValues.require("rotations", frames.rotations().length, 9 * types.length);
        HostValues.require("torsions", torsions.length, 2 * ResidueConstants.TORSIONS * types.length);
        double[] atoms = new double[types.length * ResidueConstants.SLOTS * 3];
        for (int i = 0; i < types.length; i++) {
            new ResidueAtoms(ResidueConstants.template(types[i]), frames.frame(i), torsions, i).place(atoms);
        }
        return atoms;
    }
}
