package org.bindrae.geometry;

import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Points seen from the residues of their own sequence: x_local = Rᵀ(x − t), which no rigid motion of the whole changes. */
public final class LocalPoints {
    private static final int GRAIN = 16;

    private LocalPoints() {
    }

    /**
     * All (residue, point) pairs of equal sequence.
     *
     * @param points fixed points [M, 3], Å, packed as {@code tokens} says
     * @return [P, 3], Å, P = Σ residues × points of each sequence, points of one residue together, residues in order
     */
    public static Tensor of(Tape tape, Frames frames, Packing residues, Tensor points, Packing tokens) {
        if (residues.count() != tokens.count()) {
            throw new IllegalArgumentException(residues.count() + " sequences of residues but " + tokens.count() + " of points");
        }
        HostValues.require("rotations", frames.rotations(), residues.total(), 9);
        HostValues.require("points", points, tokens.total(), 3);
        if (tape.tracks(points)) {
            throw new IllegalArgumentException("points have no gradient here: detach them");
        }
        HostDevice host = HostDevice.of(points);
        BackboneFrames backbone = frames.values(null);
        double[] places = points.toDoubles();
        int[] rows = rows(residues, tokens);
        double[] local = new double[3 * rows[residues.total()]];
        forEachResidue(host, residues, tokens, (residue, firstToken, tokenCount) -> {
            RigidFrame frame = backbone.frame(residue);
            for (int k = 0; k < tokenCount; k++) {
                frame.toLocal(Vec3.at(places, firstToken + k)).store(local, rows[residue] + k);
            }
        });
        Shape shape = Shape.of(rows[residues.total()], 3);
        Tensor result = HostValues.output(tape, shape, local, frames.rotations(), frames.translations());
        if (result.requiresGradient()) {
            tape.record(() -> {
                double[] upstream = tape.gradient(result).toDoubles();
                double[] dRotations = new double[9 * residues.total()];
                double[] dTranslations = new double[3 * residues.total()];
                forEachResidue(host, residues, tokens, (residue, firstToken, tokenCount) -> {
                    RigidFrame frame = backbone.frame(residue);
                    FrameGradient gradient = new FrameGradient();
                    Vec3 sum = Vec3.ZERO;
                    for (int k = 0; k < tokenCount; k++) {
                        Vec3 dy = Vec3.at(upstream, rows[residue] + k);
                        gradient.addDirection(Vec3.at(places, firstToken + k).minus(frame.origin()), dy);
                        sum = sum.plus(dy);
                    }
                    gradient.addPoint(frame.rotate(sum).times(-1), Vec3.ZERO);
                    gradient.store(dRotations, dTranslations, residue);
                });
                HostValues.add(tape.gradient(frames.rotations()), dRotations);
                HostValues.add(tape.gradient(frames.translations()), dTranslations);
            });
        }
        return result;
    }

    /** First output row of each residue, and the number of rows [T + 1]. */
    public static int[] rows(Packing residues, Packing tokens) {
        int[] rows = new int[residues.total() + 1];
        for (int s = 0; s < residues.count(); s++) {
            for (int i = residues.start(s); i < residues.end(s); i++) {
                rows[i + 1] = Math.addExact(rows[i], tokens.length(s));
            }
        }
        return rows;
    }

    @FunctionalInterface
    private interface ResidueBody {
        void run(int residue, int firstToken, int tokenCount);
    }

    private static void forEachResidue(HostDevice host, Packing residues, Packing tokens, ResidueBody body) {
        for (int s = 0; s < residues.count(); s++) {
            int start = residues.start(s);
            int firstToken = tokens.start(s);
            int tokenCount = tokens.length(s);
            host.parallel(residues.length(s), GRAIN, (from, to) -> {
                for (int i = from; i < to; i++) {
                    body.run(start + i, firstToken, tokenCount);
                }
            });
        }
    }
}
