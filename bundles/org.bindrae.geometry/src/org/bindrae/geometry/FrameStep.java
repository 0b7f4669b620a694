package org.bindrae.geometry;

/** The update of one frame, limited as a {@link FrameUpdate} says. */
final class FrameStep {
    private final FrameUpdate limits;
    private final int index;
    private final Vec3 rawTurn;
    private final Vec3 rawShift;
    private final RotationVector turn;

    /** @param raw updates [T, 6] */
    FrameStep(FrameUpdate limits, double[] raw, int residue) {
        this.limits = limits;
        this.index = 2 * residue;
        this.rawTurn = Vec3.at(raw, index);
        this.rawShift = Vec3.at(raw, index + 1);
        this.turn = new RotationVector(limited(rawTurn, limits.maxAngle()));
    }

    RigidFrame motion() {
        return turn.rotation().withOrigin(limited(rawShift, limits.maxShift()));
    }

    void pushBack(FrameGradient gradient, double[] dRaw) {
        throughLimit(turn.gradient(gradient), rawTurn, limits.maxAngle()).store(dRaw, index);
        throughLimit(gradient.origin(), rawShift, limits.maxShift()).store(dRaw, index + 1);
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
}
