package org.bindrae.tensor.io;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damage as it happens to files: changed, lost, doubled and appended bytes. */
final class Mutations {
    private Mutations() {
    }

    /** One to four random changes; some put a character of {@code alphabet} in place of another. */
    static byte[] of(byte[] good, RandomGenerator random, String alphabet) {
        byte[] bytes = good.clone();
        for (int change = random.nextInt(1, 5); change > 0 && bytes.length > 0; change--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1, 2 -> bytes[at] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                    bytes = longer;
                }
                default -> {
                    byte[] shorter = Arrays.copyOf(bytes, bytes.length - 1);
                    System.arraycopy(bytes, at + 1, shorter, at, shorter.length - at);
                    bytes = shorter;
                }
            }
        }
        return bytes;
    }
}
