package org.bindrae.attention.reference;

/** A value per pair and channel given by factors: Σ_ρ first[i, ρ, c]·second[j, ρ, c]. */
record Factored(double[] first, double[] second, double[] firstGradient, double[] secondGradient, int rank, int channels) {
    Factored(double[] first, double[] second, int rank, int channels) {
        this(first, second, new double[first.length], new double[second.length], rank, channels);
    }

    double get(int i, int j, int c) {
        double sum = 0;
        for (int factor = 0; factor < rank; factor++) {
            sum += first[index(i, factor, c)] * second[index(j, factor, c)];
        }
        return sum;
    }

    void addGradient(int i, int j, int c, double gradient) {
        for (int factor = 0; factor < rank; factor++) {
            firstGradient[index(i, factor, c)] += gradient * second[index(j, factor, c)];
            secondGradient[index(j, factor, c)] += gradient * first[index(i, factor, c)];
        }
    }

    private int index(int residue, int factor, int c) {
        return (residue * rank + factor) * channels + c;
    }
}
