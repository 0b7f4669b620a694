package org.bindrae.geometry;

import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Points seen from the residues of their own sequence: x_local = Rᵀ(x − t), which no rigid motion of the whole changes. */
public final class LocalPoints {
    private LocalPoints() {
    }

    /**
     * All (residue, point) pairs of equal sequence.
     *
     * @param points fixed points [M, 3], Å, packed as {@code tokens} says
     * @return [P, 3], Å, P = Σ residues × points of each sequence, points of one residue together, residues in order
     */
    public static Tensor of(Tape tape, Frames frames, Packing residues, Tensor points, Packing tokens) {
        HostValues.require("rotations", frames.rotations(), residues.total(), 9);
        HostValues.require("points", points, tokens.total(), 3);
        return of(tape, frames, points, tape.indices(offsets(residues, tokens)).reshape(GeometryKernels.OFFSET_ROWS, residues.count() + 1),
                pairs(residues, tokens));
    }

    /** As {@link #of(Tape, Frames, Packing, Tensor, Packing)} with {@link #offsets} I32 [3, B + 1] where the frames are, and the number of pairs. */
    public static Tensor of(Tape tape, Frames frames, Tensor points, Tensor offsets, int pairs) {
        if (tape.tracks(points)) {
            throw new IllegalArgumentException("points have no gradient here: detach them");
        }
        GeometryKernels kernels = GeometryKernels.of(tape.device());
        Tensor result = tape.output(frames.rotations().dtype(), Shape.of(pairs, 3), frames.rotations(), frames.translations());
        kernels.localPoints(frames, points, offsets, result);
        if (result.requiresGradient()) {
            tape.record(() -> kernels.localPointsBackward(frames, points, offsets, tape.gradient(result), tape.gradient(frames.rotations()),
                    tape.gradient(frames.translations())));
        }
        return result;
    }

    /** First residue, first point and first pair of each sequence, and the totals: 3 × (B + 1) numbers. */
    public static int[] offsets(Packing residues, Packing tokens) {
        if (residues.count() != tokens.count()) {
            throw new IllegalArgumentException(residues.count() + " sequences of residues but " + tokens.count() + " of points");
        }
        int columns = residues.count() + 1;
        int[] offsets = new int[GeometryKernels.OFFSET_ROWS * columns];
        for (int s = 0; s < columns; s++) {
            offsets[s] = s == residues.count() ? residues.total() : residues.start(s);
            offsets[columns + s] = s == residues.count() ? tokens.total() : tokens.start(s);
            offsets[2 * columns + s] = s == 0 ? 0
                    : Math.addExact(offsets[2 * columns + s - 1], Math.multiplyExact(residues.length(s - 1), tokens.length(s - 1)));
        }
        return offsets;
    }

    /** P. */
    public static int pairs(Packing residues, Packing tokens) {
        int pairs = 0;
        for (int s = 0; s < residues.count(); s++) {
            pairs = Math.addExact(pairs, Math.multiplyExact(residues.length(s), tokens.length(s)));
        }
        return pairs;
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
}
