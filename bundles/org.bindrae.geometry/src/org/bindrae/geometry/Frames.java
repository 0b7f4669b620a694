package org.bindrae.geometry;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.Tensor;

/**
 * Backbone frames of T packed residues as tensors: x_global = R·x_local + t. Gradients treat the nine entries of R as free.
 *
 * @param rotations R [T, 9], row by row
 * @param translations t [T, 3], Å
 */
public record Frames(Tensor rotations, Tensor translations) {
    public Frames {
        HostValues.require("rotations", rotations, residues(translations), 9);
        HostValues.require("translations", translations, residues(translations), 3);
    }

    /** Constant frames. */
    public static Frames of(TensorArena arena, DType dtype, BackboneFrames frames) {
        int residues = frames.mask().length;
        return new Frames(arena.allocate(dtype, Shape.of(residues, 9)).set(frames.rotations()),
                arena.allocate(dtype, Shape.of(residues, 3)).set(frames.translations()));
    }

    /** T. */
    public int residues() {
        return residues(translations);
    }

    private static int residues(Tensor translations) {
        return Math.toIntExact(translations.size() / 3);
    }

    /** The frames as plain numbers, with the mask given. */
    public BackboneFrames values(boolean[] mask) {
        return new BackboneFrames(rotations.toDoubles(), translations.toDoubles(), mask);
    }
}
