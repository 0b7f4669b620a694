package org.bindrae.stage1;

import org.bindrae.data.Batch;
import org.bindrae.geometry.BackboneAtoms;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;

/**
 * What local messages see of T packed residues beside their frames; nothing of it depends on a side chain.
 *
 * @param backbone Å, centred per sample
 * @param torsions sine, cosine and whether it is known of ω (of the bond to the preceding residue), φ and ψ [T, {@link #TORSION_FEATURES}]
 * @param hetero atoms of ligands and surroundings, packed by the same samples
 */
public record LocalInput(BackboneAtoms backbone, float[] torsions, Batch.Hetero hetero) {
    /** Features of a residue's backbone torsions. */
    public static final int TORSION_FEATURES = 9;
    private static final int BACKBONE_TORSIONS = 3;

    /** Of the residues of a batch on their frames. */
    static LocalInput of(Batch batch, BackboneFrames frames) {
        double[] angles = Torsions.iupac(batch.types(), batch.atom14(), batch.present(), batch.breakBefore());
        float[] features = new float[batch.residues().total() * TORSION_FEATURES];
        for (int i = 0; i < batch.residues().total(); i++) {
            for (int torsion = 0; torsion < BACKBONE_TORSIONS; torsion++) {
                double angle = angles[i * ResidueConstants.TORSIONS + torsion];
                if (!Double.isNaN(angle)) {
                    int at = i * TORSION_FEATURES + 3 * torsion;
                    features[at] = (float) StrictMath.sin(angle);
                    features[at + 1] = (float) StrictMath.cos(angle);
                    features[at + 2] = 1;
                }
            }
        }
        return new LocalInput(BackboneAtoms.of(frames, batch.atom14(), batch.present()), features, batch.hetero());
    }

    LocalInput moved(BackboneFrames from, BackboneFrames to) {
        return new LocalInput(backbone.moved(from, to), torsions, hetero);
    }
}
