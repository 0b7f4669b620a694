package org.bindrae.edge;

/** How a distance between two residues becomes numbers. */
public enum Distance {
    /** One of a number of bins up to 20 Å, as in flash_ipa. */
    DISTOGRAM,
    /** Gaussians around centres up to 20 Å. */
    RBF
}
