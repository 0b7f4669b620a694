package org.bindrae.data.sequence.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;

import org.bindrae.geometry.ResidueConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalAlignmentTest {
    /** Scores and identities of BioJava 7.2.4 (SmithWaterman, BLOSUM62, SimpleGapPenalty(10, 1)). */
    @ParameterizedTest
    @CsvSource({"HKSFGAFFGPPGINYPKHEQQRHWHRPPIHKTSVHPIM, DKSIGCIQQPRDINYRRYQQEEWCRARWKTSDHPTM, 59, 17",
            "FNYYSPEKLFVACQMKLFWEAQYIEAWCCKGDYESIDACEQALSD, FNKSCKEKMVDDYDLFWEQPGRHIWCAKGDQGSTDINCEQAPHH, 72, 19",
            "NPNPQVKVMLWVKWNTEKPWHLTHRLCCLWDCTC, GPNPKPDCMLVKWNTEKYYKWDSCLCLLWDERC, 84, 18",
            "CYQTSAVAEMEMWWHCHEQKGRTNVHRFCIRGNWWWDAWPDDAYPEMQVQKSGLRGPPNWQYWFTCYEDKWVTVCIFS,"
                    + " FYQWGAVHENELWACHEQKHCRTYVVDRKHIYGNHAWYTAWPDVAYPYLQMWKQRELRGPMIQTKTCGRPKAVTCVFS, 126, 41",
            "HSNTWFTGHDEKTPHICCRQKVHNKPAEVYPITPREAFQMDCQDRILQTPR, DQNTWMVGWQIKPHICPCCQYVHDCPAEVYPITSRSMLDQWQGQDRILQTPT, 130, 31",
            "MLGREKKFHHKENAPFICCLEKHKCRWWGLGSERFRMGNIKVIQEGNEYWLN, PTRHGGQKKFYHKMFATVITCIEQHCEWKGGEAFEMGYIVVLGNEYWVN, 120, 26",
            "LVDDKINCCCKFHFARTMYPLVKQD, QFMWYMDDKCEILVGYLPWNGDKCWRGRAWIAIADVVLRDRILTMSWGWN, 18, 3",
            "IGLEFSENVIDTPTDHSKWQGDGWNWQKPCFHMMTHEENYETV, DYHSQVIIQGINWPNLQPDMEHMVSDHPNTMAPQKCKMQDCIFPQTDSLQ, 30, 8"})
    void scoresAndIdentitiesAreThoseOfBioJava(String a, String b, int score, int identities) {
        LocalAlignment alignment = LocalAlignment.of(encode(a), encode(b));
        assertEquals(score, alignment.score());
        assertEquals(identities, alignment.identities());
    }

    @Test
    void theScoreIsThatOfTheTextbookRecursion() {
        var random = new Random(5);
        for (int round = 0; round < 100; round++) {
            byte[] a = random(random, random.nextInt(40));
            byte[] b = random(random, random.nextInt(40));
            LocalAlignment alignment = LocalAlignment.of(a, b);
            assertEquals(textbook(a, b), alignment.score());
            assertEquals(alignment.score(), LocalAlignment.of(b, a).score());
            assertTrue(alignment.identities() <= Math.min(alignment.columns(), Math.min(a.length, b.length)));
        }
    }

    @Test
    void aSequenceIsIdenticalToItself() {
        byte[] sequence = encode("ACDEFGHIKLMNPQRSTVWY".repeat(30));
        LocalAlignment alignment = LocalAlignment.of(sequence, sequence);
        assertEquals(600, alignment.columns());
        assertEquals(600, alignment.identities());
    }

    @Test
    void unknownResiduesAreNotIdentical() {
        assertEquals(4, LocalAlignment.of(encode("WWXWW"), encode("WWXWW")).identities());
    }

    @Test
    void nothingAlignsWithNothing() {
        assertEquals(new LocalAlignment(0, 0, 0), LocalAlignment.of(new byte[0], encode("ACDE")));
        assertThrows(IllegalArgumentException.class, () -> LocalAlignment.of(new byte[LocalAlignment.LONGEST + 1], new byte[1]));
    }

    /** Smith and Waterman's own recursion over gaps of every length. */
    private static int textbook(byte[] a, byte[] b) {
        int[][] best = new int[a.length + 1][b.length + 1];
        int most = 0;
        for (int i = 1; i <= a.length; i++) {
            for (int j = 1; j <= b.length; j++) {
                int score = Math.max(0, best[i - 1][j - 1] + Blosum62.score(a[i - 1], b[j - 1]));
                for (int gap = 1; gap <= Math.max(i, j); gap++) {
                    score = Math.max(score, gap <= i ? best[i - gap][j] - 10 - gap : 0);
                    score = Math.max(score, gap <= j ? best[i][j - gap] - 10 - gap : 0);
                }
                best[i][j] = score;
                most = Math.max(most, score);
            }
        }
        return most;
    }

    private static byte[] random(Random random, int length) {
        byte[] sequence = new byte[length];
        for (int i = 0; i < length; i++) {
            // few types, so that long stretches agree
            sequence[i] = (byte) (random.nextInt(20) == 0 ? ResidueConstants.UNKNOWN : random.nextInt(3) * 6);
        }
        return sequence;
    }

    private static byte[] encode(String sequence) {
        byte[] types = new byte[sequence.length()];
        for (int i = 0; i < types.length; i++) {
            types[i] = (byte) ResidueConstants.typeOfLetter(sequence.charAt(i));
        }
        return types;
    }
}
