package org.bindrae.attention.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * The inputs of the attention as fp16 rows for tensor cores, and the sums: what the backward pass reads.
 *
 * @param queries fp16 rows
 * @param keys fp16 rows
 * @param values fp16 rows
 * @param keyBias −½·w·|kp|²·log2(e) of each row
 * @param minusLse −log2 Σ_j 2^(logit − what is constant in a row) of each row
 * @param valueNorms largest norm of a row of values in each group of 8 rows, of sequences as long as the longest [H, B·groups]
 * @param largest bits of the largest norms of a row of values, and of gradients of the sums [2, H]
 * @param pointWeights w [H]
 * @param sums weighted sums of value rows [H, T, Wv], single precision
 */
record TensorRows(Tensor queries, Tensor keys, Tensor values, Tensor keyBias, Tensor minusLse, Tensor valueNorms, Tensor largest,
        Tensor pointWeights, Tensor sums) {
    /** Gives tensors with undefined content. */
    @FunctionalInterface
    interface Memory {
        Tensor tensor(DType dtype, Shape shape);
    }

    static TensorRows allocate(TensorTiles tiles, RowLayout layout, Packing packing, Memory memory) {
        Shape perRow = tiles.perRow(layout, packing);
        return new TensorRows(memory.tensor(DType.F32, tiles.scoreRows(layout, packing)), memory.tensor(DType.F32, tiles.scoreRows(layout, packing)),
                memory.tensor(DType.F32, tiles.valueRows(layout, packing)), memory.tensor(DType.F32, perRow), memory.tensor(DType.F32, perRow),
                memory.tensor(DType.F32, Shape.of(layout.heads(), packing.count() * TensorTiles.groups(packing))),
                memory.tensor(DType.F32, Shape.of(2, layout.heads())), memory.tensor(DType.F32, Shape.of(layout.heads())),
                memory.tensor(DType.F32, layout.valueRows(packing.total())));
    }

    /** What {@link #allocate} takes from a {@link Workspace}. */
    static long bytes(TensorTiles tiles, RowLayout layout, Packing packing) {
        long[] sum = {0};
        allocate(tiles, layout, packing, (dtype, shape) -> {
            sum[0] += Workspace.bytes(dtype, shape);
            return null;
        });
        return sum[0];
    }
}
