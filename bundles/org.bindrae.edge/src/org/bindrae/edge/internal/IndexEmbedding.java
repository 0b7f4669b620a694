package org.bindrae.edge.internal;

/**
 * Sines and cosines of an index n (Vaswani et al. 2017, with the wavelengths of flash_ipa): sin(nπ / 2056^(2K/F)) for K = 0 … F/2 − 1, then the cosines.
 * StrictMath, so that the bits are the same everywhere.
 */
record IndexEmbedding(int width) {
    private static final double LONGEST = 2056;

    /** Writes F values. */
    void write(int index, double[] values, int from) {
        for (int k = 0; k < width / 2; k++) {
            double angle = index * Math.PI / StrictMath.pow(LONGEST, 2.0 * k / width);
            values[from + k] = StrictMath.sin(angle);
            values[from + width / 2 + k] = StrictMath.cos(angle);
        }
    }
}
