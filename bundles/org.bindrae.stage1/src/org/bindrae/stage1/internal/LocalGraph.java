package org.bindrae.stage1.internal;

import org.bindrae.tensor.Tensor;

/**
 * The near neighbours of T residues and what is known of each pair.
 *
 * @param indices I32 [T, k]; −1 where there is no neighbour
 * @param shares of each neighbour in a mean over k, [T, k]: 1/k, 0 where there is none
 * @param edges features of the pairs [T·k, width]
 */
public record LocalGraph(Tensor indices, Tensor shares, Tensor edges) {
    /** The same with other features. */
    LocalGraph withEdges(Tensor other) {
        return new LocalGraph(indices, shares, other);
    }
}
