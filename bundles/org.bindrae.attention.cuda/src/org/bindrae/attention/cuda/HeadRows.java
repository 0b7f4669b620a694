package org.bindrae.attention.cuda;

import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tensor;

/**
 * The inputs of the attention as rows, see {@link RowLayout}.
 *
 * @param offsets {@code packing.offsets()} on the device, I32 [B + 1]
 * @param queries [H, T, Wq]
 * @param keys [H, T, Wq]
 * @param values [H, T, Wv]
 * @param pointWeights w_h, {@link org.bindrae.attention.IpaConfig#pointWeight} of the head weights [H]
 */
record HeadRows(RowLayout layout, Packing packing, Tensor offsets, Tensor queries, Tensor keys, Tensor values, Tensor pointWeights) {
    /** T */
    int residues() {
        return packing.total();
    }
}
