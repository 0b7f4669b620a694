package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;

/**
 * Matrix products without a native library: panels of b of {@value #PANEL_ROWS} × {@value #PANEL_COLUMNS} are copied to the heap in double precision, and the
 * rows of c are updated from each in a loop that the compiler vectorises.
 */
record PlainProduct(String description) implements MatrixProduct {
    private static final int PANEL_ROWS = 128;
    private static final int PANEL_COLUMNS = 512;

    @Override
    public void multiply(DType type, boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, MemorySegment a, int strideA, MemorySegment b,
            int strideB, double beta, MemorySegment c, int strideC) {
        double[][] panel = new double[Math.min(k, PANEL_ROWS)][Math.min(n, PANEL_COLUMNS)];
        double[][] sums = new double[m][Math.min(n, PANEL_COLUMNS)];
        for (int column = 0; column < n; column += PANEL_COLUMNS) {
            int width = Math.min(PANEL_COLUMNS, n - column);
            for (double[] row : sums) {
                java.util.Arrays.fill(row, 0);
            }
            for (int start = 0; start < k; start += PANEL_ROWS) {
                int depth = Math.min(PANEL_ROWS, k - start);
                for (int p = 0; p < depth; p++) {
                    for (int j = 0; j < width; j++) {
                        panel[p][j] = type.get(b, transposeB ? (long) (column + j) * strideB + start + p : (long) (start + p) * strideB + column + j);
                    }
                }
                for (int i = 0; i < m; i++) {
                    for (int p = 0; p < depth; p++) {
                        double factor = type.get(a, transposeA ? (long) (start + p) * strideA + i : (long) i * strideA + start + p);
                        addScaled(factor, panel[p], sums[i], width);
                    }
                }
            }
            for (int i = 0; i < m; i++) {
                long row = (long) i * strideC + column;
                for (int j = 0; j < width; j++) {
                    double old = beta == 0 ? 0 : beta * type.get(c, row + j);
                    type.set(c, row + j, Math.fma(alpha, sums[i][j], old));
                }
            }
        }
    }

    private static void addScaled(double factor, double[] x, double[] y, int n) {
        for (int j = 0; j < n; j++) {
            y[j] = Math.fma(factor, x[j], y[j]);
        }
    }
}
