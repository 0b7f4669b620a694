package org.bindrae.attention.cpu;

/**
 * Cuts a sequence into tiles of nearly equal size, none above a limit. Depends on the length alone, so that a sequence gives the same bits alone and in a
 * batch.
 */
record Tiling(int length, int size) {
    static Tiling of(int length, int limit) {
        int tiles = Math.max(1, Math.ceilDiv(length, limit));
        return new Tiling(length, Math.ceilDiv(length, tiles));
    }

    int count() {
        return length == 0 ? 0 : Math.ceilDiv(length, size);
    }

    /** First element of a tile. */
    int from(int tile) {
        return tile * size;
    }

    /** Elements of a tile. */
    int size(int tile) {
        return Math.min(size, length - from(tile));
    }
}
