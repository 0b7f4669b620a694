package org.bindrae.training;

import java.util.Locale;

/** A term of the training loss; each has its weight in {@link LossConfig} and its own column in the logs. */
public enum LossTerm {
    /** 1 − cos of the error of each torsion, of the better of two symmetric targets, weighted towards the pocket. */
    TORSION,
    /** | ‖(sin, cos)‖ − 1 | of the torsions before they are normalised (AlphaFold2, Algorithm 27). */
    TORSION_LENGTH,
    /** Frame-aligned point error, backbone frames against all atoms. */
    FAPE,
    /** Cross-entropy of the χ1 well. */
    ROTAMER,
    /** Squared error of Cα distances, Å². */
    DISTANCE,
    /** Squared van der Waals overlaps per atom, Å². */
    CLASH,
    /** Cross-entropy of the distributions over χ, of a network that gives them. */
    CHI,
    /** The same of what the blocks took them for, all together. */
    CHI_DRAFT;

    /** Whether a network that gives distributions over χ is trained by this term; all others compare what the others give. */
    boolean ofDistributions() {
        return this == CHI || this == CHI_DRAFT;
    }

    /** Name in files: lower case. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
