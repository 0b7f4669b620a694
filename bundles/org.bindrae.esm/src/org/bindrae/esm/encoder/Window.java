package org.bindrae.esm.encoder;

import java.util.ArrayList;
import java.util.List;

/**
 * Part of a sequence that is too long for the model.
 *
 * @param from first residue that the encoder sees
 * @param to residue after the last
 * @param keepFrom first residue whose row is kept: windows that overlap share out their residues in the middle
 * @param keepTo residue after the last
 */
public record Window(int from, int to, int keepFrom, int keepTo) {
    /** Residues that neighbouring windows share at least, unless windows are short. */
    private static final int OVERLAP = 256;

    /** Windows of equal length that cover a sequence; one alone where it is short enough. */
    public static List<Window> over(int length, int longest) {
        if (length <= longest) {
            return List.of(new Window(0, length, 0, length));
        }
        int overlap = Math.min(OVERLAP, longest / 2);
        int count = Math.ceilDiv(length - overlap, longest - overlap);
        List<Window> windows = new ArrayList<>();
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int from = start(i, count, length, longest);
            int to = from + longest;
            int keepTo = i == count - 1 ? length : (to + start(i + 1, count, length, longest)) / 2;
            windows.add(new Window(from, to, kept, keepTo));
            kept = keepTo;
        }
        return windows;
    }

    private static int start(int window, int count, int length, int longest) {
        return (int) ((long) window * (length - longest) / (count - 1));
    }
}
