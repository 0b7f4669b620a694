package org.bindrae.data;

import java.util.Random;

/** Damages texts as real files are damaged: characters changed, pieces lost, doubled or moved, numbers replaced by odd ones. */
public final class Mutation {
    private static final String[] ODD = {"-1", "0", "999", "99999999999", "NaN", "1e400", "", "\t", "\u0000", "\u00e9", "$$$$", "M  END", "../", "\"", "\n\n",
            "*", "  4", "V3000"};

    private final Random random;

    public Mutation(long seed) {
        random = new Random(seed);
    }

    public String of(String text) {
        StringBuilder changed = new StringBuilder(text);
        for (int i = 1 + random.nextInt(4); i > 0 && !changed.isEmpty(); i--) {
            int at = random.nextInt(changed.length());
            int end = Math.min(changed.length(), at + 1 + random.nextInt(random.nextInt(10) == 0 ? 400 : 12));
            switch (random.nextInt(6)) {
                case 0 -> changed.setCharAt(at, (char) (32 + random.nextInt(95)));
                case 1 -> changed.delete(at, end);
                case 2 -> changed.insert(at, changed.substring(at, end));
                case 3 -> changed.replace(at, end, ODD[random.nextInt(ODD.length)]);
                case 4 -> changed.insert(random.nextInt(changed.length()), changed.substring(at, end));
                default -> changed.setLength(at);
            }
        }
        return changed.toString();
    }
}
