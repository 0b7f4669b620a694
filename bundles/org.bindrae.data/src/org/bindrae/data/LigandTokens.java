package org.bindrae.data;

/**
 * What the network sees of a ligand: its heavy atoms and direction probes of its donors and acceptors. M tokens.
 *
 * @param positions [M, 3], Å
 * @param features [M, {@link #WIDTH}]: one-hot C N O S P F Cl Br I, aromatic, charge &gt; 0, charge &lt; 0, in ring, smallest ring ≤ 4, ring of 5 or 6, ring ≥
 *           7, heavy degree 1, 2, ≥ 3, any hetero neighbour, is a probe. A probe has the features of its atom
 */
public record LigandTokens(double[] positions, float[] features) {
    /** Features per token. */
    public static final int WIDTH = 21;
    /** Tokens at most. */
    public static final int LIMIT = 128;
    /** Distance of a probe from its atom, Å. */
    public static final double PROBE_DISTANCE = 1.5;
    public static final LigandTokens NONE = new LigandTokens(new double[0], new float[0]);

    public LigandTokens {
        if (positions.length % 3 != 0 || features.length != positions.length / 3 * WIDTH) {
            throw new IllegalArgumentException(positions.length + " coordinates and " + features.length + " features do not belong to the same tokens");
        }
    }

    /**
     * The tokens of a ligand: its atoms in their order, then their probes. Where these are more than {@link #LIMIT}, donors and acceptors come first, then
     * charged, aromatic and hetero atoms, a probe counting as its atom and after all atoms like it; the order stays.
     */
    public static LigandTokens of(Ligand ligand) {
        return TokenList.of(ligand).tokens();
    }

    /** How many tokens {@link #of} leaves out to keep to the limit. */
    public static int leftOut(Ligand ligand) {
        return Math.max(0, TokenList.of(ligand).size() - LIMIT);
    }

    /** M. */
    public int size() {
        return positions.length / 3;
    }
}
