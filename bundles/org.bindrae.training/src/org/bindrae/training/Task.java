package org.bindrae.training;

/** What the network is trained for. */
public enum Task {
    /** The backbone is given exactly, side chains are predicted. */
    REPACK,
    /** Backbone frames are perturbed; they and the torsions are to be recovered. */
    DENOISE
}
