package org.bindrae.stage1;

import java.util.List;

import org.bindrae.geometry.Frames;
import org.bindrae.tensor.Tensor;

/**
 * What the network says about T packed residues.
 *
 * @param frames backbone frames, Å, centred as the input was
 * @param torsions unit (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 7, 2], in the convention of {@link org.bindrae.geometry.Torsions}; with distributions the most
 *            probable χ, and 0° for the others, which are the backbone's; null where a network of distributions is trained
 * @param rawTorsions the same before the division by their length [T, 7, 2]; null with distributions
 * @param rotamerLogits of the wells of χ1 [T, 3]: g+ [0°, 120°), t [120°, 240°), g− [240°, 360°); null without the head
 * @param atoms positions [T, 14, 3], Å, centred as the input was; 0 for slots that do not exist; null where there are no torsions
 * @param chi null in a network that gives (sin, cos)
 */
public record Stage1Output(Frames frames, Tensor torsions, Tensor rawTorsions, Tensor rotamerLogits, Tensor atoms, Distributions chi) {
    /** What a network without distributions says. */
    public Stage1Output(Frames frames, Tensor torsions, Tensor rawTorsions, Tensor rotamerLogits, Tensor atoms) {
        this(frames, torsions, rawTorsions, rotamerLogits, atoms, null);
    }

    /**
     * Distributions over χ1–χ4 in {@link org.bindrae.geometry.AngleBins}.
     *
     * @param logits of each χ given those before it: the true ones where they were told, otherwise the most probable ones [T, 4, bins]
     * @param drafts what blocks took them for, each χ for itself [T, 4, bins] each
     * @param masses probability about each of the most probable χ [T, 4]; null without torsions
     * @param residues what the distributions are made of [T, cS]
     */
    public record Distributions(Tensor logits, List<Tensor> drafts, Tensor masses, Tensor residues) {
    }
}
