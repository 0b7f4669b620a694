package org.bindrae.attention.cpu;

import org.bindrae.attention.IpaConfig;

/**
 * Columns of the rows that the tile products work on. C channels, r factors, P and V points, c_d collected channels.
 *
 * <pre>
 * query and key rows   C scalars | r bias factors | 3P coordinates (all x, all y, all z) | 1
 * value rows           C scalars | 3V coordinates (all x, all y, all z) | r·c_d factors  | 1
 * </pre>
 *
 * The first C + r columns of query and key rows are multiplied for the logits. The ones give sums for free: of the weights, and of the rows and columns of the
 * logits' gradient.
 */
record HeadLayout(int channels, int rank, int qkPoints, int vPoints, int cDown) {
    static HeadLayout of(IpaConfig config) {
        return new HeadLayout(config.cHidden(), config.rank(), config.qkPoints(), config.vPoints(), config.cDown());
    }

    int keyFactors() {
        return channels;
    }

    int logitColumns() {
        return channels + rank;
    }

    int keyPoints() {
        return logitColumns();
    }

    int keyOne() {
        return keyPoints() + 3 * qkPoints;
    }

    int keyWidth() {
        return keyOne() + 1;
    }

    int valuePoints() {
        return channels;
    }

    int valueFactors() {
        return channels + 3 * vPoints;
    }

    int valueOne() {
        return valueFactors() + rank * cDown;
    }

    int valueWidth() {
        return valueOne() + 1;
    }
}
