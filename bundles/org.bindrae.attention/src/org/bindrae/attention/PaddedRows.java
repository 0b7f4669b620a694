package org.bindrae.attention;

import java.util.Arrays;

import org.bindrae.tensor.Packing;

/** Sequences padded to one length, and which places hold a residue [B·N]. */
record PaddedRows(boolean[] mask, int length) {
    /** The residues without the padding. */
    Packing packing() {
        int[] lengths = new int[length == 0 ? 0 : mask.length / length];
        for (int row = 0; row < mask.length; row++) {
            lengths[row / length] += mask[row] ? 1 : 0;
        }
        return Packing.ofLengths(lengths);
    }

    /** [B, N, width] → [T, width] */
    double[] residues(double[] padded) {
        int width = mask.length == 0 ? 0 : padded.length / mask.length;
        double[] packed = new double[packing().total() * width];
        int at = 0;
        for (int row = 0; row < mask.length; row++) {
            if (mask[row]) {
                System.arraycopy(padded, row * width, packed, at, width);
                at += width;
            }
        }
        return packed;
    }

    /** [B, N, N, width] → [pairs, width] */
    double[] pairs(double[] padded) {
        boolean[] ofPairs = new boolean[Math.multiplyExact(mask.length, length)];
        for (int pair = 0; pair < ofPairs.length; pair++) {
            int first = pair / length;
            ofPairs[pair] = mask[first] && mask[first / length * length + pair % length];
        }
        int width = ofPairs.length == 0 ? 0 : padded.length / ofPairs.length;
        double[] packed = new double[padded.length];
        int at = 0;
        for (int pair = 0; pair < ofPairs.length; pair++) {
            if (ofPairs[pair]) {
                System.arraycopy(padded, pair * width, packed, at, width);
                at += width;
            }
        }
        return Arrays.copyOf(packed, at);
    }
}
