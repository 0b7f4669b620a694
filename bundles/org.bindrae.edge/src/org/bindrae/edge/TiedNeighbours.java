package org.bindrae.edge;

import org.bindrae.edge.internal.Neighbours;
import org.bindrae.geometry.KNearest;

/**
 * The orders in which equally near neighbours may be listed. Other code breaks ties as its selection algorithm happens to, and distances that are equal by
 * construction differ by rounding, so vectors do not say which order is right.
 *
 * @param candidates the k + 1 nearest neighbours
 */
record TiedNeighbours(Neighbours candidates, int k) {
    /** Distances this near to each other are equal, Å: far above rounding, far below anything of meaning. */
    private static final double EQUAL = 1e-9;
    /** Ties of one residue beyond this number stay as they are. */
    private static final int MOST_TIES = 6;

    static TiedNeighbours of(EdgeInputs inputs, int k) {
        return new TiedNeighbours(Neighbours.of(inputs, k + 1), k);
    }

    /** Number of orders that a residue's neighbours may have: a tie more or less doubles it. */
    int orders(int residue) {
        return 1 << Math.min(MOST_TIES, ties(candidates.alphas(), residue) + ties(candidates.sideChains(), residue));
    }

    /** The neighbours, those of each residue in an order between 0 (ties to the smaller index) and {@link #orders} − 1. */
    Neighbours neighbours(int[] orders) {
        int[] ofSideChains = orders.clone();
        for (int residue = 0; residue < orders.length; residue++) {
            ofSideChains[residue] >>= Math.min(MOST_TIES, ties(candidates.alphas(), residue));
        }
        return new Neighbours(ordered(candidates.alphas(), orders), ordered(candidates.sideChains(), ofSideChains));
    }

    private int ties(KNearest nearest, int residue) {
        int ties = 0;
        for (int place = 0; place < k; place++) {
            ties += isTied(nearest, residue, place) ? 1 : 0;
        }
        return ties;
    }

    /** Whether a neighbour is as near as the next. */
    private boolean isTied(KNearest nearest, int residue, int place) {
        int at = residue * (k + 1) + place;
        return nearest.indices()[at + 1] >= 0 && nearest.distances()[at + 1] - nearest.distances()[at] < EQUAL;
    }

    /** The k nearest after exchanging the tied ones whose bit is set. */
    private KNearest ordered(KNearest nearest, int[] orders) {
        int[] indices = nearest.indices().clone();
        double[] distances = nearest.distances().clone();
        KNearest ordered = new KNearest(k, new int[orders.length * k], new double[orders.length * k]);
        for (int residue = 0; residue < orders.length; residue++) {
            int bits = orders[residue];
            for (int place = 0; place < k; place++) {
                if (isTied(nearest, residue, place)) {
                    if ((bits & 1) != 0) {
                        int at = residue * (k + 1) + place;
                        exchange(indices, distances, at);
                    }
                    bits >>= 1;
                }
            }
            System.arraycopy(indices, residue * (k + 1), ordered.indices(), residue * k, k);
            System.arraycopy(distances, residue * (k + 1), ordered.distances(), residue * k, k);
        }
        return ordered;
    }

    private static void exchange(int[] indices, double[] distances, int at) {
        int index = indices[at];
        indices[at] = indices[at + 1];
        indices[at + 1] = index;
        double distance = distances[at];
        distances[at] = distances[at + 1];
        distances[at + 1] = distance;
    }
}
