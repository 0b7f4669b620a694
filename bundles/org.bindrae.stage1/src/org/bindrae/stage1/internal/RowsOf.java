package org.bindrae.stage1.internal;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/** Rows of a tensor as a tensor on the same memory, without gradient. */
final class RowsOf {
    private RowsOf() {
    }

    /** The first {@code rows} rows. */
    static Tensor first(Tensor x, int rows) {
        return range(x, 0, rows);
    }

    /** Rows {@code from} and following; a vector counts as one number per row. */
    static Tensor range(Tensor x, int from, int rows) {
        int columns = x.shape().rank() == 1 ? 1 : x.columns();
        long bytes = (long) columns * x.dtype().bytes();
        Shape shape = x.shape().rank() == 1 ? Shape.of(rows) : Shape.of(rows, columns);
        return Tensor.wrap(x.device(), x.dtype(), shape, x.memory().asSlice(from * bytes, rows * bytes));
    }
}
