package org.bindrae.esm.encoder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The 33 tokens of ESM-2: number = place in {@link #TOKENS}. */
public final class Alphabet {
    /** Start, padding, end, unknown, the letters by frequency, and tokens that no sequence of residues has. */
    public static final List<String> TOKENS = List.of("<cls>", "<pad>", "<eos>", "<unk>", "L", "A", "G", "V", "S", "E", "R", "T", "I", "D", "P", "K", "Q", "N",
            "F", "Y", "M", "H", "W", "C", "X", "B", "U", "Z", "O", ".", "-", "<null_1>", "<mask>");
    /** Residues that sequences may have: the twenty, the unknown, and rare or ambiguous ones. */
    public static final String LETTERS = "LAGVSERTIDPKQNFYMHWCXBUZO";

    static final int SIZE = TOKENS.size();
    static final int START = 0;
    static final int PADDING = 1;
    static final int END = 2;
    static final int MASK = 32;
    /** A start and an end token. */
    static final int END_TOKENS = 2;

    private static final int FIRST_LETTER = 4;

    private Alphabet() {
    }

    /**
     * A sequence as the model takes it, with start and end token.
     *
     * @throws IllegalArgumentException naming the place of a letter that is none, or when there is no letter at all
     */
    public static int[] tokens(String sequence) {
        if (sequence.isEmpty()) {
            throw new IllegalArgumentException("the sequence has no residues");
        }
        int[] tokens = new int[sequence.length() + END_TOKENS];
        tokens[0] = START;
        for (int i = 0; i < sequence.length(); i++) {
            int letter = LETTERS.indexOf(sequence.charAt(i));
            if (letter < 0) {
                throw new IllegalArgumentException("residue " + (i + 1) + " is '" + sequence.charAt(i) + "', which is none of " + LETTERS
                        + (LETTERS.indexOf(Character.toUpperCase(sequence.charAt(i))) < 0 ? "; write X for an unknown residue" : "; write capital letters"));
            }
            tokens[i + 1] = FIRST_LETTER + letter;
        }
        tokens[tokens.length - 1] = END;
        return tokens;
    }

    /**
     * Compares the alphabet with a list of tokens, one per line.
     *
     * @throws IOException naming the file and the line of a token that is another
     */
    static void check(Path vocabulary) throws IOException {
        List<String> lines = Files.readAllLines(vocabulary);
        for (int i = 0; i < Math.max(SIZE, lines.size()); i++) {
            String found = i < lines.size() ? lines.get(i).strip() : "nothing";
            String expected = i < SIZE ? TOKENS.get(i) : "nothing";
            if (!found.equals(expected)) {
                throw new IOException(
                        vocabulary + ": line " + (i + 1) + ": the tokenizer is not that of ESM-2: " + found + " where " + expected + " is expected");
            }
        }
    }
}
