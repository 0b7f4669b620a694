package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class LigandTokensTest {
    @Test
    void featuresOfAnAtomAreInTheDocumentedOrder() {
        var atom = new LigandAtom("N1", "N", Vec3.ZERO, 1, true, 5, 7, 3, true, false, false);
        float[] expected = new float[LigandTokens.WIDTH];
        // N, aromatic, positive, in ring, ring of 5 or 6, ring of 7 or more, degree 3, hetero neighbour
        for (int i : new int[] {1, 9, 10, 12, 14, 15, 18, 19}) {
            expected[i] = 1;
        }
        assertArrayEquals(expected, LigandTokens.of(new Ligand("x", List.of(atom), List.of())).features());
    }

    @Test
    void smallRingsChargesAndDegreesHaveTheirOwnFeatures() {
        var atom = new LigandAtom("I1", "I", Vec3.ZERO, -1, false, 3, 3, 1, false, false, false);
        float[] features = LigandTokens.of(new Ligand("x", List.of(atom), List.of())).features();
        float[] expected = new float[LigandTokens.WIDTH];
        for (int i : new int[] {8, 11, 12, 13, 16}) {
            expected[i] = 1;
        }
        assertArrayEquals(expected, features);
    }

    @Test
    void anElementWithoutAFeatureHasNone() {
        float[] features = LigandTokens.of(new Ligand("x", List.of(atom("Fe", 0, false)), List.of())).features();
        for (int i = 0; i < 9; i++) {
            assertEquals(0, features[i]);
        }
    }

    @Test
    void aProbeStandsAway15AndHasTheFeaturesOfItsAtom() {
        LigandTokens tokens = LigandTokens.of(new Ligand("x", List.of(atom("C", 0, false), atom("O", 1.2, true)), List.of(new Ligand.Bond(0, 1, 2))));
        assertEquals(3, tokens.size());
        assertEquals(2.7, tokens.positions()[6], 1e-12);
        for (int i = 0; i < LigandTokens.WIDTH - 1; i++) {
            assertEquals(tokens.features()[LigandTokens.WIDTH + i], tokens.features()[2 * LigandTokens.WIDTH + i]);
        }
        assertEquals(0, tokens.features()[2 * LigandTokens.WIDTH - 1]);
        assertEquals(1, tokens.features()[3 * LigandTokens.WIDTH - 1]);
    }

    @Test
    void beyondTheLimitPlainCarbonsGoAndTheOrderStays() {
        List<LigandAtom> atoms = new ArrayList<>();
        List<Ligand.Bond> bonds = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            // every third an acceptor with one probe
            atoms.add(atom(i % 3 == 1 ? "O" : "C", i, i % 3 == 1));
            if (i > 0 && i % 3 != 2) {
                bonds.add(new Ligand.Bond(i - 1, i, 1));
            }
        }
        Ligand ligand = new Ligand("x", atoms, bonds);
        LigandTokens tokens = LigandTokens.of(ligand);
        assertEquals(LigandTokens.LIMIT, tokens.size());
        assertEquals(150 + 50 - LigandTokens.LIMIT, LigandTokens.leftOut(ligand));
        int oxygens = 0;
        int probes = 0;
        for (int i = 0; i < tokens.size(); i++) {
            oxygens += (int) tokens.features()[i * LigandTokens.WIDTH + 2];
            probes += (int) tokens.features()[i * LigandTokens.WIDTH + LigandTokens.WIDTH - 1];
            if (i > 0 && i < tokens.size() - 50) {
                assertTrue(tokens.positions()[3 * i] > tokens.positions()[3 * i - 3]);
            }
        }
        assertEquals(100, oxygens);
        assertEquals(50, probes);
    }

    @Test
    void noLigandHasNoTokens() {
        assertEquals(0, LigandTokens.of(Ligand.NONE).size());
    }

    private static LigandAtom atom(String element, double x, boolean acceptor) {
        return new LigandAtom(element, element, new Vec3(x, 0, 0), 0, false, 0, 0, 1, false, false, acceptor);
    }
}
