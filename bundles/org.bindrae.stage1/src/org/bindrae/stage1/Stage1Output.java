package org.bindrae.stage1;

import org.bindrae.geometry.Frames;
import org.bindrae.tensor.Tensor;

/**
 * What the network says about T packed residues.
 *
 * @param frames backbone frames, Å, centred as the input was
 * @param torsions unit (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 7, 2], in the convention of {@link org.bindrae.geometry.Torsions}
 * @param rawTorsions the same before the division by their length [T, 7, 2]
 * @param rotamerLogits of the wells of χ1 [T, 3]: g+ [0°, 120°), t [120°, 240°), g− [240°, 360°); null without the head
 * @param atoms positions [T, 14, 3], Å, centred as the input was; 0 for slots that do not exist
 */
public record Stage1Output(Frames frames, Tensor torsions, Tensor rawTorsions, Tensor rotamerLogits, Tensor atoms) {
}
