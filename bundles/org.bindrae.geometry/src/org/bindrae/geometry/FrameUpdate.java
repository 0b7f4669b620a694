package org.bindrae.geometry;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Moves frames by a rotation (axis times angle) and a translation given in their own axes, each limited in length:
 * R' = R·exp([ω]), t' = t + R·v, where ω and v are the given vectors times min(1, limit / length).
 *
 * @param maxAngle limit of the angle, radians
 * @param maxShift limit of the translation, Å
 */
public record FrameUpdate(double maxAngle, double maxShift) {
    /** 15° and 1.5 Å. */
    public static final FrameUpdate DEFAULT = new FrameUpdate(Math.PI / 12, 1.5);

    /** Applies updates [T, 6]: three numbers ω in radians, three numbers v in Å. */
    public Frames apply(Tape tape, Frames frames, Tensor updates) {
        int residues = frames.residues();
        HostValues.require("updates", updates, residues, 6);
        GeometryKernels kernels = GeometryKernels.of(tape.device());
        Tensor[] inputs = {updates, frames.rotations(), frames.translations()};
        Tensor rotations = tape.output(updates.dtype(), Shape.of(residues, 9), inputs);
        Tensor translations = tape.output(updates.dtype(), Shape.of(residues, 3), inputs);
        Frames after = new Frames(rotations, translations);
        kernels.updateFrames(this, frames, updates, after);
        if (rotations.requiresGradient()) {
            tape.record(() -> kernels.updateFramesBackward(this, frames, updates, new Frames(tape.gradient(rotations), tape.gradient(translations)),
                    tape.gradient(frames.rotations()), tape.gradient(frames.translations()), tape.gradient(updates)));
        }
        return after;
    }
}
