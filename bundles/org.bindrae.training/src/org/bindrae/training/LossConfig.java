package org.bindrae.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Weights of the loss terms. A weight of 0 switches its term off, and its cost.
 *
 * @param torsion weight of {@link LossTerm#TORSION}
 * @param torsionLength weight of {@link LossTerm#TORSION_LENGTH}
 * @param fape weight of {@link LossTerm#FAPE}
 * @param rotamer weight of {@link LossTerm#ROTAMER}
 * @param distance weight of {@link LossTerm#DISTANCE}
 * @param clash weight of {@link LossTerm#CLASH}
 * @param chi weight of {@link LossTerm#CHI}
 * @param chiDraft weight of {@link LossTerm#CHI_DRAFT}
 * @param torsionClasses shares of the torsions in their terms; those of χ1–χ4 count for the distributions too
 * @param pocketFocus κ after the warm-up, 0 to 1: a torsion of a residue with pocket weight w counts κw + (1 − κ)·0.1, one of a sample without pocket 0.1
 * @param pocketWarmUp steps over which κ grows from 0
 */
public record LossConfig(double torsion, double torsionLength, double fape, double rotamer, double distance, double clash, double chi,
        double chiDraft, TorsionClasses torsionClasses, double pocketFocus, int pocketWarmUp) {
    /** Weight of every residue before the pocket comes into focus. */
    static final double FLOOR = 0.1;

    /** The share of each torsion. φ and the preceding ω place no heavy atom of their residue; ψ places O. */
    public record TorsionClasses(double preOmega, double phi, double psi, double chi1, double chi2, double chi3, double chi4) {
        /** In the order of {@link org.bindrae.geometry.Torsions}. */
        double[] values() {
            return new double[] {preOmega, phi, psi, chi1, chi2, chi3, chi4};
        }

        double[] chis() {
            return new double[] {chi1, chi2, chi3, chi4};
        }
    }

    public static LossConfig defaults() {
        return new LossConfig(1, 0.02, 1, 0.2, 0.05, 0.1, 1, 0.1, new TorsionClasses(0.1, 0.1, 0.5, 1, 1, 1, 1), 1, 2000);
    }

    /** The weight of a term. */
    public double weight(LossTerm term) {
        return switch (term) {
            case TORSION -> torsion;
            case TORSION_LENGTH -> torsionLength;
            case FAPE -> fape;
            case ROTAMER -> rotamer;
            case DISTANCE -> distance;
            case CLASH -> clash;
            case CHI -> chi;
            case CHI_DRAFT -> chiDraft;
        };
    }

    /** κ at a step, which counts from 0. */
    double focus(long step) {
        return pocketFocus * (pocketWarmUp == 0 ? 1 : Math.min(1, (double) step / pocketWarmUp));
    }

    /** What cannot be used, one sentence each, with the names of the fields. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        double sum = 0;
        for (LossTerm term : LossTerm.values()) {
            if (!(weight(term) >= 0 && weight(term) < Double.POSITIVE_INFINITY)) {
                problems.add("the weight of the " + term.key() + " loss must be 0 or more, not " + weight(term));
            }
            sum += weight(term);
        }
        if (sum == 0) {
            problems.add("all loss weights are 0, so there is nothing to train");
        }
        if (torsionClasses == null) {
            problems.add("torsionClasses is missing");
        } else {
            for (double share : torsionClasses.values()) {
                if (!(share >= 0 && share < Double.POSITIVE_INFINITY)) {
                    problems.add("the share of a torsion class must be 0 or more, not " + share);
                }
            }
        }
        if (!(pocketFocus >= 0 && pocketFocus <= 1)) {
            problems.add("pocketFocus must lie between 0 and 1, not " + pocketFocus);
        }
        if (pocketWarmUp < 0) {
            problems.add("pocketWarmUp must be 0 or more, not " + pocketWarmUp);
        }
        return problems;
    }
}
