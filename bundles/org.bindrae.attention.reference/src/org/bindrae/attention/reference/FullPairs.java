package org.bindrae.attention.reference;

import org.bindrae.tensor.Packing;

/** One row of features per pair. */
final class FullPairs implements PairFeatures {
    private final double[] bias;
    private final double[] down;
    private final double[] biasGradient;
    private final double[] downGradient;
    private final int heads;
    private final int channels;
    /** Row of pair (i, j) is rowStart[i] + j. */
    private final long[] rowStart;

    FullPairs(Packing packing, double[] bias, double[] down, int heads, int channels) {
        this.bias = bias;
        this.down = down;
        this.biasGradient = new double[bias.length];
        this.downGradient = new double[down.length];
        this.heads = heads;
        this.channels = channels;
        this.rowStart = new long[packing.total()];
        for (int s = 0; s < packing.count(); s++) {
            for (int i = packing.start(s); i < packing.end(s); i++) {
                rowStart[i] = packing.pairStart(s) + (long) (i - packing.start(s)) * packing.length(s) - packing.start(s);
            }
        }
    }

    @Override
    public double bias(int i, int j, int h) {
        return bias[index(i, j, heads, h)];
    }

    @Override
    public double down(int i, int j, int c) {
        return down[index(i, j, channels, c)];
    }

    @Override
    public void addBiasGradient(int i, int j, int h, double gradient) {
        biasGradient[index(i, j, heads, h)] += gradient;
    }

    @Override
    public void addDownGradient(int i, int j, int c, double gradient) {
        downGradient[index(i, j, channels, c)] += gradient;
    }

    @Override
    public double[][] gradients() {
        return new double[][] {biasGradient, downGradient};
    }

    private int index(int i, int j, int width, int column) {
        return Math.toIntExact((rowStart[i] + j) * width + column);
    }
}
