package org.bindrae.attention.reference;

/** No pair term: a bias of zero, and no features to collect. */
record NoPairs() implements PairFeatures {
    @Override
    public double bias(int i, int j, int h) {
        return 0;
    }

    @Override
    public double down(int i, int j, int c) {
        return 0;
    }

    @Override
    public void addBiasGradient(int i, int j, int h, double gradient) {
        // nothing depends on the bias
    }

    @Override
    public void addDownGradient(int i, int j, int c, double gradient) {
        // there are no features
    }

    @Override
    public double[][] gradients() {
        return new double[0][];
    }
}
