package org.bindrae.attention.reference;

/** The factorised pair term. */
record FactorPairs(Factored bias, Factored down) implements PairFeatures {
    @Override
    public double bias(int i, int j, int h) {
        return bias.get(i, j, h);
    }

    @Override
    public double down(int i, int j, int c) {
        return down.get(i, j, c);
    }

    @Override
    public void addBiasGradient(int i, int j, int h, double gradient) {
        bias.addGradient(i, j, h, gradient);
    }

    @Override
    public void addDownGradient(int i, int j, int c, double gradient) {
        down.addGradient(i, j, c, gradient);
    }

    @Override
    public double[][] gradients() {
        return new double[][] {bias.firstGradient(), bias.secondGradient(), down.firstGradient(), down.secondGradient()};
    }
}
