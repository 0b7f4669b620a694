package org.bindrae.data.sequence.internal;

import java.util.Arrays;

import org.bindrae.geometry.ResidueConstants;

/**
 * The best local alignment of two sequences: Smith and Waterman with affine gaps (Gotoh 1982), BLOSUM62, a gap of n costs 11 + n − 1. Among alignments of one
 * score the one with most identities counts, then the longest.
 *
 * @param score half bits
 * @param identities columns with the same known residue
 * @param columns length of the alignment, gaps included
 */
public record LocalAlignment(int score, int identities, int columns) {
    /** Length of a sequence at most: what the packed counts hold. */
    public static final int LONGEST = 100_000;
    private static final int OPEN = 11;
    private static final int EXTEND = 1;
    /** Score, identities and columns share a long, in this order, so that one comparison compares all three and one addition adds all three. */
    private static final int COUNT_BITS = 20;
    private static final long IDENTITY = 1L << COUNT_BITS;
    private static final long SCORE = 1L << 2 * COUNT_BITS;
    private static final long COUNT_MASK = IDENTITY - 1;
    private static final long OPENING = 1 - OPEN * SCORE;
    private static final long EXTENDING = 1 - EXTEND * SCORE;
    private static final long NONE = -(1L << 60);
    private static final int TYPES = ResidueConstants.TYPES + 1;
    /** What a column of two residues adds [21, 21]. */
    private static final long[] PAIR = pairs();

    /**
     * Aligns two sequences of residue types.
     *
     * @throws IllegalArgumentException when one is longer than {@link #LONGEST}
     */
    public static LocalAlignment of(byte[] a, byte[] b) {
        if (a.length > LONGEST || b.length > LONGEST) {
            throw new IllegalArgumentException("sequences of " + a.length + " and " + b.length + " residues; at most " + LONGEST + " can be aligned");
        }
        // best alignment that ends in a column of the row above, and best that goes on below it with a gap
        long[] ending = new long[b.length];
        long[] gapInB = new long[b.length];
        Arrays.fill(gapInB, NONE);
        long best = 0;
        for (byte residue : a) {
            int row = residue * TYPES;
            long diagonal = 0;
            long gapInA = NONE;
            for (int j = 0; j < b.length; j++) {
                long gap = gapInB[j];
                long cell = Math.max(Math.max(diagonal + PAIR[row + b[j]], 0), gap);
                diagonal = ending[j];
                long here = Math.max(cell, gapInA);
                // a gap in a that opens after a gap in a is never better than the longer gap, so the chain of dependencies leaves out the cell itself
                gapInA = Math.max(cell + OPENING, gapInA + EXTENDING);
                gapInB[j] = Math.max(here + OPENING, gap + EXTENDING);
                ending[j] = here;
                best = Math.max(best, here);
            }
        }
        return new LocalAlignment((int) (best >> 2 * COUNT_BITS), (int) (best >> COUNT_BITS & COUNT_MASK), (int) (best & COUNT_MASK));
    }

    private static long[] pairs() {
        long[] pairs = new long[TYPES * TYPES];
        for (int i = 0; i < pairs.length; i++) {
            boolean identical = i / TYPES == i % TYPES && i / TYPES != ResidueConstants.UNKNOWN;
            pairs[i] = Blosum62.score(i / TYPES, i % TYPES) * SCORE + (identical ? IDENTITY : 0) + 1;
        }
        return pairs;
    }
}
