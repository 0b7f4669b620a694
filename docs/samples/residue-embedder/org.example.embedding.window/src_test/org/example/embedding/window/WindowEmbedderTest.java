package org.example.embedding.window;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.geometry.ResidueConstants;
import org.junit.jupiter.api.Test;

class WindowEmbedderTest {
    private static final EmbeddingConfig CONFIG = new EmbeddingConfig("window", "", 0);
    private static final int TYPES = ResidueConstants.TYPES + 1;

    private final WindowEmbedder embedder = new WindowEmbedder();

    /** Chains A, B, … with these sequences, without coordinates. */
    private static Sample sample(String... sequences) {
        List<ResidueId> ids = new ArrayList<>();
        for (int chain = 0; chain < sequences.length; chain++) {
            for (int i = 0; i < sequences[chain].length(); i++) {
                ids.add(new ResidueId(String.valueOf((char) ('A' + chain)), i + 1, ""));
            }
        }
        int[] types = String.join("", sequences).chars().map(letter -> ResidueConstants.typeOfLetter((char) letter)).toArray();
        int slots = types.length * ResidueConstants.SLOTS;
        ResidueTable table = new ResidueTable(ids, Collections.nCopies(ids.size(), "UNK"), types, new double[3 * slots], new boolean[slots],
                new boolean[types.length]);
        return new Sample("sample", table, Ligand.NONE, LigandTokens.NONE, new double[types.length], new double[types.length], List.of(), "");
    }

    private float[] row(Sample sample, int residue) {
        int width = embedder.width(CONFIG);
        return Arrays.copyOfRange(embedder.embed(sample, CONFIG), residue * width, (residue + 1) * width);
    }

    @Test
    void everyResidueHasARow() {
        assertEquals(7 * embedder.width(CONFIG), embedder.embed(sample("ARNDC", "QX"), CONFIG).length);
        assertEquals(0, embedder.embed(sample(), CONFIG).length);
    }

    @Test
    void aRowBeginsWithTheType() {
        float[] expected = new float[TYPES];
        expected[ResidueConstants.typeOfLetter('W')] = 1;
        assertArrayEquals(expected, Arrays.copyOf(row(sample("AWA"), 1), TYPES));
    }

    @Test
    void theWindowEndsAtItsReachAndWithTheChain() {
        // 8 residues: the first one and seven after it
        float[] first = row(sample("AAAAGGGGWW", "WWWW"), 0);
        assertEquals(0.5f, first[TYPES + ResidueConstants.typeOfLetter('A')], 1e-6f);
        assertEquals(0.5f, first[TYPES + ResidueConstants.typeOfLetter('G')], 1e-6f);
        assertEquals(0, first[TYPES + ResidueConstants.typeOfLetter('W')]);
        float[] last = row(sample("AAAAGGGGGG", "WWWW"), 10);
        assertEquals(1, last[TYPES + ResidueConstants.typeOfLetter('W')], 1e-6f);
    }
}
