package org.bindrae.tensor;

import org.bindrae.tensor.Kernels.Broadcast;

/** What kernels ask of the tensors they are given, the same on every device. All of these throw IllegalArgumentException. */
public final class Operands {
    private Operands() {
    }

    /** Nulls are skipped, except the first. */
    public static void sameType(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null && tensor.dtype() != tensors[0].dtype()) {
                throw new IllegalArgumentException("types differ: " + tensors[0] + " and " + tensor);
            }
        }
    }

    /** The floating type that all have; nulls are skipped, except the first. */
    public static DType floating(Tensor... tensors) {
        sameType(tensors);
        if (!tensors[0].dtype().isFloating()) {
            throw new IllegalArgumentException("not a floating type: " + tensors[0]);
        }
        return tensors[0].dtype();
    }

    /** Nulls are skipped, except the first. */
    public static void sameSize(Tensor first, Tensor... others) {
        for (Tensor other : others) {
            if (other != null && other.size() != first.size()) {
                throw new IllegalArgumentException("sizes differ: " + first + " and " + other);
            }
        }
    }

    /** That b, where it is not null, has the size that is spread over x. */
    public static void fits(Tensor b, Broadcast spread, Tensor x) {
        long size = switch (spread) {
            case NONE -> x.size();
            case ROW -> x.columns();
            case COLUMN -> x.rows();
            case SCALAR -> 1;
        };
        if (b != null && b.size() != size) {
            throw new IllegalArgumentException(b + " should have " + size + " elements");
        }
    }

    /** That columns of x fit columns of y. */
    public static void columnsFit(Tensor x, int xColumn, Tensor y, int yColumn, int count) {
        if (x.rows() != y.rows() || xColumn < 0 || yColumn < 0 || count < 0 || xColumn + count > x.columns() || yColumn + count > y.columns()) {
            throw new IllegalArgumentException(count + " columns of " + x + " at " + xColumn + " do not fit " + y + " at " + yColumn);
        }
    }

    /**
     * That x has as many rows for each row of sums, and w, where it is not null, a number for each of them.
     *
     * @return how many
     */
    public static int groups(Tensor x, Tensor w, Tensor sums) {
        int k = sums.rows() == 0 ? 0 : x.rows() / sums.rows();
        if (x.rows() != (long) k * sums.rows() || x.columns() != sums.columns()) {
            throw new IllegalArgumentException(x + " should be groups of rows for " + sums);
        }
        fits(w, Broadcast.COLUMN, x);
        return k;
    }

    /** That index numbers the given rows, each of so many columns. */
    public static void indexed(Tensor rows, Tensor index, int columns) {
        if (index.dtype() != DType.I32) {
            throw new IllegalArgumentException("indices must be I32, not " + index);
        }
        if (rows.rows() != index.size() || rows.columns() != columns) {
            throw new IllegalArgumentException(rows + " should be " + index.size() + " rows of " + columns);
        }
    }
}
