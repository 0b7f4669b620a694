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
        BackboneFrames before = frames.values(null);
        double[] raw = updates.toDoubles();
        double[] rotations = new double[9 * residues];
        double[] translations = new double[3 * residues];
        for (int i = 0; i < residues; i++) {
            Step step = new Step(raw, i);
            before.frame(i).compose(step.motion()).store(rotations, translations, i);
        }
        Tensor[] inputs = {updates, frames.rotations(), frames.translations()};
        Tensor newRotations = HostValues.output(tape, Shape.of(residues, 9), rotations, inputs);
        Tensor newTranslations = HostValues.output(tape, Shape.of(residues, 3), translations, inputs);
        if (newRotations.requiresGradient()) {
            tape.record(() -> {
                double[] dRotations = tape.gradient(newRotations).toDoubles();
                double[] dTranslations = tape.gradient(newTranslations).toDoubles();
                double[] dRaw = new double[raw.length];
                for (int i = 0; i < residues; i++) {
                    Step step = new Step(raw, i);
                    FrameGradient ofFrame = new FrameGradient();
                    FrameGradient ofStep = FrameGradient.at(dRotations, dTranslations, i)
                            .throughCompose(before.frame(i), step.motion(), ofFrame);
                    step.pushBack(ofStep, dRaw);
                    ofFrame.store(dRotations, dTranslations, i);
                }
                HostValues.add(tape.gradient(frames.rotations()), dRotations);
                HostValues.add(tape.gradient(frames.translations()), dTranslations);
                HostValues.add(tape.gradient(updates), dRaw);
            });
        }
        return new Frames(newRotations, newTranslations);
    }

    private static Vec3 limited(Vec3 v, double limit) {
        double norm = v.norm();
        return norm <= limit ? v : v.times(limit / norm);
    }

    /** Gradient of {@link #limited}. */
    private static Vec3 throughLimit(Vec3 gradient, Vec3 v, double limit) {
        double norm = v.norm();
        if (norm <= limit) {
            return gradient;
        }
        Vec3 unit = v.times(1 / norm);
        return gradient.minus(unit.times(unit.dot(gradient))).times(limit / norm);
    }

    /** The update of one frame. */
    private final class Step {
        private final int index;
        private final Vec3 rawTurn;
        private final Vec3 rawShift;
        private final RotationVector turn;

        Step(double[] raw, int residue) {
            index = 2 * residue;
            rawTurn = Vec3.at(raw, index);
            rawShift = Vec3.at(raw, index + 1);
            turn = new RotationVector(limited(rawTurn, maxAngle));
        }

        RigidFrame motion() {
            return turn.rotation().withOrigin(limited(rawShift, maxShift));
        }

        void pushBack(FrameGradient gradient, double[] dRaw) {
            throughLimit(turn.gradient(gradient), rawTurn, maxAngle).store(dRaw, index);
            throughLimit(gradient.origin(), rawShift, maxShift).store(dRaw, index + 1);
        }
    }
}
