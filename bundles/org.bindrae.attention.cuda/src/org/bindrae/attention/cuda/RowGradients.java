package org.bindrae.attention.cuda;

import org.bindrae.tensor.Tensor;

/**
 * Memory for the gradients of {@link HeadRows}, each with respect to the entries of the rows (with the scales in them, coordinates global).
 *
 * @param queries [H, T, Wq]
 * @param keys [H, T, Wq]
 * @param values [H, T, Wv]
 */
record RowGradients(Tensor queries, Tensor keys, Tensor values) {
}
