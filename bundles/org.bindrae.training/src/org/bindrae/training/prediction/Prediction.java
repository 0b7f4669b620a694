package org.bindrae.training.prediction;

import java.util.Arrays;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;

/**
 * What some method says about the structure of a sample. T residues. A predicted residue has all atoms of its type; the others hold the atoms of the sample.
 *
 * @param atom14 positions [T, 14, 3] in the coordinates of the sample's file, Å; 0 for slots that do not exist or are unknown
 * @param predicted which residues the method predicted [T]
 * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 7, 2] that the method states; NaN where it states none. Metrics measure the atoms instead
 * @param confidence 0 to 1 [T], NaN where the method states none
 */
public record Prediction(Sample sample, double[] atom14, boolean[] predicted, double[] torsions, double[] confidence) {
    public Prediction {
        int size = sample.residues().size();
        if (atom14.length != size * ResidueConstants.SLOTS * 3 || predicted.length != size || torsions.length != size * ResidueConstants.TORSIONS * 2
                || confidence.length != size) {
            throw new IllegalArgumentException("prediction of " + sample.id() + ": columns that do not fit its " + size + " residues");
        }
        for (int i = 0; i < atom14.length; i++) {
            if (!Double.isFinite(atom14[i]) && predicted[i / (3 * ResidueConstants.SLOTS)]) {
                throw new IllegalArgumentException("prediction of " + sample.id() + ": the atoms of residue "
                        + sample.residues().ids().get(i / (3 * ResidueConstants.SLOTS))
                        + " are not at finite places");
            }
        }
    }

    /** A prediction that says nothing yet: the atoms of the sample. */
    public static Prediction none(Sample sample) {
        ResidueTable residues = sample.residues();
        double[] torsions = new double[residues.size() * ResidueConstants.TORSIONS * 2];
        double[] confidence = new double[residues.size()];
        Arrays.fill(torsions, Double.NaN);
        Arrays.fill(confidence, Double.NaN);
        return new Prediction(sample, residues.atom14().clone(), new boolean[residues.size()], torsions, confidence);
    }

    /** Which positions are known [T, 14]: all atoms of predicted residues, those of the sample otherwise. */
    public boolean[] present() {
        ResidueTable residues = sample.residues();
        boolean[] present = residues.present().clone();
        for (int i = 0; i < present.length; i++) {
            int residue = i / ResidueConstants.SLOTS;
            if (predicted[residue]) {
                present[i] = ResidueConstants.exists(residues.types()[residue], i % ResidueConstants.SLOTS);
            }
        }
        return present;
    }
}
