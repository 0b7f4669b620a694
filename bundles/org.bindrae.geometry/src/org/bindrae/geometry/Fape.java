package org.bindrae.geometry;

import org.bindrae.tensor.DeviceForms;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Frame-aligned point error (AlphaFold2, Algorithm 28): the mean over frames i and atoms j of one sequence of
 * min(√(|T̂ᵢ⁻¹x̂ⱼ − Tᵢ⁻¹xⱼ|² + eps), clamp) / scale. Takes O(N²) time, O(N) memory.
 *
 * @param clamp largest error of a pair, Å; infinite for none
 * @param scale divides errors, Å
 * @param eps added to squared distances, Å²
 */
public record Fape(double clamp, double scale, double eps) {
    /** Clamp 10 Å, scale 10 Å. */
    public static final Fape DEFAULT = new Fape(10, 10, 1e-8);
    private static final int FRAME_GRAIN = 8;
    private static final int ATOM_GRAIN = 128;

    /**
     * The true structure.
     *
     * @param frames frames [T]; masked ones take no part
     * @param atoms positions [T, A, 3], Å
     * @param present which of them take part [T, A]
     * @param forms what devices made of it
     */
    public record Target(BackboneFrames frames, double[] atoms, boolean[] present, DeviceForms forms) {
        public Target(BackboneFrames frames, double[] atoms, boolean[] present) {
            this(frames, atoms, present, new DeviceForms());
        }
    }

    /**
     * Compares a prediction in plain numbers with the truth.
     *
     * @param frames predicted frames [T]
     * @param atoms predicted positions [T, A, 3], Å
     * @return the error of each sequence [B]; 0 for a sequence without frames or atoms
     */
    public double[] errors(BackboneFrames frames, double[] atoms, Target target, Packing packing) {
        HostValues.require("rotations", frames.rotations().length, 9 * packing.total());
        HostValues.require("true rotations", target.frames().rotations().length, 9 * packing.total());
        HostValues.require("atoms", atoms.length, 3 * target.present().length);
        HostValues.require("true atoms", target.atoms().length, atoms.length);
        FapeSweep sweep = new FapeSweep(this, frames, atoms, target, packing);
        double[] errors = new double[sweep.frameCount()];
        sweep.errors(0, errors.length, errors);
        return sweep.means(errors);
    }

    /**
     * Compares a prediction with the truth.
     *
     * @param frames predicted frames [T]
     * @param atoms predicted positions [T, A, 3], Å
     * @return the error of each sequence [B]; 0 for a sequence without frames or atoms
     */
    public Tensor loss(Tape tape, Frames frames, Tensor atoms, Target target, Packing packing) {
        return loss(tape, frames, atoms, target, null, packing);
    }

    /**
     * Compares a prediction with the true structure whose symmetric atoms have exchanged their names where that lies nearer to the prediction
     * ({@link Atom14Alternatives#nearer}).
     *
     * @param frames predicted frames [T]
     * @param atoms predicted positions [T, 14, 3], Å
     * @param types residue types [T]
     * @return the error of each sequence [B]; 0 for a sequence without frames or atoms
     */
    public Tensor lossOfNearer(Tape tape, Frames frames, Tensor atoms, Target target, int[] types, Packing packing) {
        HostValues.require("types", types.length, packing.total());
        HostValues.require("present", target.present().length, packing.total() * ResidueConstants.SLOTS);
        return loss(tape, frames, atoms, target, types, packing);
    }

    private Tensor loss(Tape tape, Frames frames, Tensor atoms, Target target, int[] types, Packing packing) {
        HostValues.require("rotations", frames.rotations(), packing.total(), 9);
        HostValues.require("true rotations", target.frames().rotations().length, 9 * packing.total());
        HostValues.require("atoms", atoms, target.present().length, 3);
        HostValues.require("true atoms", target.atoms().length, 3 * target.present().length);
        return LossKernels.of(atoms.device()).fape(tape, this, frames, atoms, target, types, packing);
    }

    Tensor onHost(HostDevice host, Tape tape, Frames frames, Tensor atoms, Target target, Packing packing) {
        FapeSweep sweep = new FapeSweep(this, frames.values(target.frames().mask()), atoms.toDoubles(), target, packing);
        double[] errors = new double[sweep.frameCount()];
        host.parallel(errors.length, FRAME_GRAIN, (from, to) -> sweep.errors(from, to, errors));
        Tensor[] inputs = {atoms, frames.rotations(), frames.translations()};
        Tensor result = HostValues.output(tape, Shape.of(packing.count()), sweep.means(errors), inputs);
        if (result.requiresGradient()) {
            tape.record(() -> {
                double[] weights = sweep.pairWeights(tape.gradient(result).toDoubles());
                double[] dRotations = new double[9 * packing.total()];
                double[] dTranslations = new double[3 * packing.total()];
                double[] dAtoms = new double[target.atoms().length];
                host.parallel(sweep.frameCount(), FRAME_GRAIN,
                        (from, to) -> sweep.frameGradients(from, to, weights, dRotations, dTranslations));
                host.parallel(sweep.atomCount(), ATOM_GRAIN, (from, to) -> sweep.atomGradients(from, to, weights, dAtoms));
                HostValues.add(tape.gradient(frames.rotations()), dRotations);
                HostValues.add(tape.gradient(frames.translations()), dTranslations);
                HostValues.add(tape.gradient(atoms), dAtoms);
            });
        }
        return result;
    }
}
