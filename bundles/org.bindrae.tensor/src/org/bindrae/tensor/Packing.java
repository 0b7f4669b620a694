package org.bindrae.tensor;

import java.util.Arrays;

/**
 * Sequences of different lengths laid end to end without padding: sequence i occupies rows {@code start(i)} to {@code end(i)} (exclusive). Empty sequences are
 * allowed.
 */
public final class Packing {
    private final int[] offsets;

    private Packing(int[] offsets) {
        this.offsets = offsets;
    }

    /** From cumulative lengths {@code cuSeqlens[B + 1]}, starting with 0 and never falling. */
    public static Packing ofOffsets(int... offsets) {
        if (offsets.length == 0 || offsets[0] != 0) {
            throw new IllegalArgumentException("offsets must start with 0: " + Arrays.toString(offsets));
        }
        for (int i = 1; i < offsets.length; i++) {
            if (offsets[i] < offsets[i - 1]) {
                throw new IllegalArgumentException("offsets fall at " + i + ": " + Arrays.toString(offsets));
            }
        }
        return new Packing(offsets.clone());
    }

    public static Packing ofLengths(int... lengths) {
        int[] offsets = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            offsets[i + 1] = Math.addExact(offsets[i], lengths[i]);
        }
        return ofOffsets(offsets);
    }

    /** Number of sequences. */
    public int count() {
        return offsets.length - 1;
    }

    public int start(int sequence) {
        return offsets[sequence];
    }

    public int end(int sequence) {
        return offsets[sequence + 1];
    }

    public int length(int sequence) {
        return offsets[sequence + 1] - offsets[sequence];
    }

    /** Rows of all sequences together. */
    public int total() {
        return offsets[offsets.length - 1];
    }

    public int longest() {
        int longest = 0;
        for (int i = 0; i < count(); i++) {
            longest = Math.max(longest, length(i));
        }
        return longest;
    }

    /** Number of ordered pairs (i, j) within sequences: Σ N². Pair (i, j) of sequence s has index {@code pairStart(s) + (i − start)·N + (j − start)}. */
    public long pairs() {
        return pairStart(count());
    }

    /** Index of the first pair of a sequence. */
    public long pairStart(int sequence) {
        long sum = 0;
        for (int i = 0; i < sequence; i++) {
            sum += (long) length(i) * length(i);
        }
        return sum;
    }

    /** Cumulative lengths [B + 1]. */
    public int[] offsets() {
        return offsets.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Packing packing && Arrays.equals(offsets, packing.offsets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(offsets);
    }

    @Override
    public String toString() {
        return "Packing" + Arrays.toString(offsets);
    }
}
