package org.bindrae.attention.cuda;

import org.bindrae.attention.IpaConfig;
import org.bindrae.tensor.Shape;

/**
 * Columns of the rows that {@link AttentionCore} works on: one row per head and residue, head-major [H, T, width]. C channels, r factors, P and V points, c_d
 * collected channels.
 *
 * <pre>
 * query rows   C scalars q·scalarScale | r factors biasScale·b1 | 3P coordinates (x, y, z of point 0, of point 1, …)
 * key rows     C scalars k             | r factors b2           | 3P coordinates
 * value rows   C scalars v             | 3V coordinates         | r·c_d factors d2, factor-major
 * </pre>
 *
 * Coordinates are global, in nm. The first C + r columns of query and key rows are multiplied for the logits, which then lose half the head's point weight
 * times the squared distances of the points.
 */
record RowLayout(int heads, int channels, int rank, int qkPoints, int vPoints, int cDown) {
    static RowLayout of(IpaConfig config) {
        return new RowLayout(config.heads(), config.cHidden(), config.rank(), config.qkPoints(), config.vPoints(), config.cDown());
    }

    /** C + r: columns whose products make the logits, and the first column of the points, of query and key rows. */
    int logitColumns() {
        return channels + rank;
    }

    /** Wq, the width of query and key rows. */
    int keyWidth() {
        return logitColumns() + 3 * qkPoints;
    }

    /** First column of the points of value rows. */
    int valuePoints() {
        return channels;
    }

    /** First column of the factors of value rows. */
    int valueFactors() {
        return channels + 3 * vPoints;
    }

    /** Wv, the width of value rows and of their weighted sums. */
    int valueWidth() {
        return valueFactors() + rank * cDown;
    }

    /** Shape of query and key rows. */
    Shape keyRows(int residues) {
        return Shape.of(heads, residues, keyWidth());
    }

    /** Shape of value rows. */
    Shape valueRows(int residues) {
        return Shape.of(heads, residues, valueWidth());
    }

    /** Shape of one value per row. */
    Shape perRow(int residues) {
        return Shape.of(heads, residues);
    }
}
