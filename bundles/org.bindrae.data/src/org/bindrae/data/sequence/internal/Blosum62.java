package org.bindrae.data.sequence.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;

/** How alike two residues are: BLOSUM62, by residue types, {@link ResidueConstants#UNKNOWN} included. */
final class Blosum62 {
    private static final int TYPES = ResidueConstants.TYPES + 1;
    private static final int[] SCORES = read();

    private Blosum62() {
    }

    static int score(int a, int b) {
        return SCORES[a * TYPES + b];
    }

    private static int[] read() {
        try (var in = new BufferedReader(new InputStreamReader(Blosum62.class.getResourceAsStream("blosum62.txt"), StandardCharsets.US_ASCII))) {
            List<String> rows = in.lines().filter(line -> !line.startsWith("#")).skip(1).toList();
            int[] scores = rows.stream().flatMapToInt(row -> Arrays.stream(row.substring(1).strip().split("\\s+")).mapToInt(Integer::parseInt)).toArray();
            if (scores.length != TYPES * TYPES) {
                throw new IllegalStateException("blosum62.txt has " + scores.length + " scores");
            }
            return scores;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
