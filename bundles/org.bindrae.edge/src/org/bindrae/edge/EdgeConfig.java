package org.bindrae.edge;

/**
 * Sizes of an edge embedder.
 *
 * @param cS width of the residue representation
 * @param cZ width of the pair features
 * @param rank factors of the pair features, for the modes that make factors
 * @param featDim width of the features of one residue or of an index; even
 * @param bins bins of a distogram
 * @param neighbours nearest neighbours that describe a residue, in the mode that looks at neighbours only
 * @param distance how distances are described
 * @param rbfKernels Gaussians of {@link Distance#RBF}
 * @param chainIndex whether the index of residues starts again with each chain; residues of another chain then have no index
 * @param maxLength longest sequence that {@code flash_2d_factorize_bias} takes, a width of its parameters
 */
public record EdgeConfig(int cS, int cZ, int rank, int featDim, int bins, int neighbours, Distance distance, int rbfKernels, boolean chainIndex,
        int maxLength) {
    public EdgeConfig {
        requireAtLeast(1, "cS", cS);
        requireAtLeast(0, "cZ", cZ);
        requireAtLeast(0, "rank", rank);
        requireAtLeast(2, "featDim", featDim);
        requireAtLeast(2, "bins", bins);
        requireAtLeast(1, "neighbours", neighbours);
        requireAtLeast(2, "rbfKernels", rbfKernels);
        requireAtLeast(1, "maxLength", maxLength);
        if (featDim % 2 != 0) {
            throw new IllegalArgumentException("featDim must be even, half sines and half cosines: " + featDim);
        }
    }

    /** The published sizes: 346,992 parameters in the mode {@code flash_1d_bias}. */
    public static EdgeConfig defaults() {
        return new EdgeConfig(384, 128, 2, 64, 22, 10, Distance.DISTOGRAM, 16, false, 512);
    }

    /** Numbers that describe one distance. */
    public int distanceChannels() {
        return distance == Distance.DISTOGRAM ? bins : rbfKernels;
    }

    private static void requireAtLeast(int least, String name, int value) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
        }
    }
}
