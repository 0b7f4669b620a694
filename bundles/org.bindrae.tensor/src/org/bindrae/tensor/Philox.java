package org.bindrae.tensor;

/**
 * Counter-based random numbers: Philox 4×32 with 10 rounds (Salmon, Moraes, Dror, Shaw, SC 2011). A number depends on (seed, stream, index) alone, so nothing
 * needs to be stored to draw it again, on any device.
 */
public final class Philox {
    /** Multiplier of words 0 and 1. */
    public static final int M0 = 0xD2511F53;
    /** Multiplier of words 2 and 3. */
    public static final int M1 = 0xCD9E8D57;
    /** Added to the first key word after each round. */
    public static final int W0 = 0x9E3779B9;
    /** Added to the second key word after each round. */
    public static final int W1 = 0xBB67AE85;
    public static final int ROUNDS = 10;

    private Philox() {
    }

    /** The four 32-bit words of block {@code counter} of {@code stream}, written to {@code out}. */
    public static void block(long seed, long stream, long counter, int[] out) {
        int c0 = (int) counter;
        int c1 = (int) (counter >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /** A 24-bit uniform number in [0, 1). */
    public static float toUniform(int word) {
        return (word >>> 8) * 0x1p-24f;
    }

    /** Uniform number {@code index} of a stream, in [0, 1): word {@code index mod 4} of block {@code index / 4}. */
    public static float uniform(long seed, long stream, long index) {
        int[] words = new int[4];
        block(seed, stream, index >>> 2, words);
        return toUniform(words[(int) (index & 3)]);
    }

    /** Standard normal number {@code index} of a stream (Box–Muller on block {@code index}). */
    public static double normal(long seed, long stream, long index) {
        int[] words = new int[4];
        block(seed, stream, index, words);
        double u = ((words[0] >>> 5) * 0x1p26 + (words[1] >>> 6) + 0.5) * 0x1p-53;
        double v = ((words[2] >>> 5) * 0x1p26 + (words[3] >>> 6) + 0.5) * 0x1p-53;
        return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * v);
    }

    /** A stream number from a name (FNV-1a, 64 bit), so that a parameter's initial value does not depend on the order of creation. */
    public static long stream(String name) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return hash;
    }
}
