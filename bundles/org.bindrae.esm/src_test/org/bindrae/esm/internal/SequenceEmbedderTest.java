package org.bindrae.esm.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;

import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.geometry.ResidueConstants;
import org.junit.jupiter.api.Test;

class SequenceEmbedderTest {
    private static final int WIDTH = SequenceEmbedder.WIDTH;
    private static final int PLACES = 50;

    private final SequenceEmbedder embedder = new SequenceEmbedder();

    private float[] embed(Sample sample) {
        return embedder.embed(sample, EmbeddingConfig.defaults());
    }

    @Test
    void widthIsThatOfTheRows() {
        assertEquals(55, embedder.width(EmbeddingConfig.defaults()));
        assertEquals(5 * WIDTH, embed(Samples.of("s", "ARN", "DX")).length);
    }

    @Test
    void tryptophanHasItsProperties() {
        float[] row = Arrays.copyOf(embed(Samples.of("s", "W")), WIDTH);
        for (int type = 0; type <= ResidueConstants.TYPES; type++) {
            assertEquals(type == ResidueConstants.typeOfLetter('W') ? 1 : 0, row[type]);
        }
        assertArrayEquals(new float[] {-0.2f, 2.195f, 0, 1, 0, 1, 0, 0, 0.49f}, Arrays.copyOfRange(row, 21, 30), 1e-6f);
    }

    @Test
    void substitutionScoresAreSymmetricAndTheDiagonalIsTheirMaximum() {
        float[] all = embed(Samples.of("s", ResidueConstants.LETTERS));
        for (int a = 0; a < ResidueConstants.TYPES; a++) {
            for (int b = 0; b < ResidueConstants.TYPES; b++) {
                float score = all[a * WIDTH + 30 + b];
                assertEquals(all[b * WIDTH + 30 + a], score);
                assertTrue(a == b ? score >= 1 : score < all[a * WIDTH + 30 + a]);
            }
        }
    }

    @Test
    void everyTypeIsToldFromEveryOtherByItsProperties() {
        float[] all = embed(Samples.of("s", ResidueConstants.LETTERS + "X"));
        for (int a = 0; a <= ResidueConstants.TYPES; a++) {
            for (int b = 0; b < a; b++) {
                float[] first = Arrays.copyOfRange(all, a * WIDTH + 21, a * WIDTH + 30);
                assertTrue(!Arrays.equals(first, Arrays.copyOfRange(all, b * WIDTH + 21, b * WIDTH + 30)), a + " and " + b);
            }
        }
    }

    @Test
    void placesCountPerChain() {
        float[] all = embed(Samples.of("s", "AAA", "A"));
        assertArrayEquals(new float[] {0, 0, 2 / 22f, 1, 0}, places(all, 0));
        assertArrayEquals(new float[] {0.5f, 1 / 21f, 1 / 21f, 0, 0}, places(all, 1));
        assertArrayEquals(new float[] {1, 2 / 22f, 0, 0, 1}, places(all, 2));
        assertArrayEquals(new float[] {0, 0, 0, 1, 1}, places(all, 3));
    }

    @Test
    void gapsInsideAChainAreFlagged() {
        Sample sample = Samples.of("s", "AAAA");
        sample.residues().breakBefore()[2] = true;
        float[] all = embed(sample);
        assertArrayEquals(new float[] {0, 1}, Arrays.copyOfRange(places(all, 1), 3, 5));
        assertArrayEquals(new float[] {1, 0}, Arrays.copyOfRange(places(all, 2), 3, 5));
        assertEquals(1 / 3f, places(all, 1)[0], 1e-6f);
    }

    private static float[] places(float[] all, int residue) {
        return Arrays.copyOfRange(all, residue * WIDTH + PLACES, (residue + 1) * WIDTH);
    }
}
