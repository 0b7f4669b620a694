package org.example.attention.streaming;

/**
 * Attention of the residues of one sequence in one head, as rows: a logit is the product of a query row and a key row, and the softmax of the logits of a query
 * weighs the value rows. No matrix of all pairs exists: the softmax streams over the keys with a running maximum (Milakov and Gimelshein 2018), and the
 * backward pass computes each logit again.
 */
final class SoftmaxRows {
    final double[][] queries;
    final double[][] keys;
    final double[][] values;
    /** Weighted value rows, one per query. */
    final double[][] sums;
    /** Logarithm of Σ exp(logit), one per query. */
    private final double[] logSums;

    SoftmaxRows(int residues, int logitWidth, int valueWidth) {
        this.queries = new double[residues][logitWidth];
        this.keys = new double[residues][logitWidth];
        this.values = new double[residues][valueWidth];
        this.sums = new double[residues][valueWidth];
        this.logSums = new double[residues];
    }

    void forward() {
        for (int i = 0; i < queries.length; i++) {
            double max = Double.NEGATIVE_INFINITY;
            double total = 0;
            for (int j = 0; j < keys.length; j++) {
                double logit = dot(queries[i], keys[j]);
                if (logit > max) {
                    // what was summed so far was relative to a smaller maximum
                    double shrink = StrictMath.exp(max - logit);
                    total *= shrink;
                    scale(shrink, sums[i]);
                    max = logit;
                }
                double weight = StrictMath.exp(logit - max);
                total += weight;
                add(weight, values[j], sums[i]);
            }
            scale(1 / total, sums[i]);
            logSums[i] = max + StrictMath.log(total);
        }
    }

    /** The gradients of the rows, for those of the {@link #sums}. */
    SoftmaxRows backward(double[][] sumGradients) {
        SoftmaxRows gradients = new SoftmaxRows(queries.length, queries.length == 0 ? 0 : queries[0].length, queries.length == 0 ? 0 : values[0].length);
        for (int i = 0; i < queries.length; i++) {
            double mean = dot(sumGradients[i], sums[i]);
            for (int j = 0; j < keys.length; j++) {
                double weight = StrictMath.exp(dot(queries[i], keys[j]) - logSums[i]);
                double logitGradient = weight * (dot(sumGradients[i], values[j]) - mean);
                add(weight, sumGradients[i], gradients.values[j]);
                add(logitGradient, keys[j], gradients.queries[i]);
                add(logitGradient, queries[i], gradients.keys[j]);
            }
        }
        return gradients;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int c = 0; c < a.length; c++) {
            sum += a[c] * b[c];
        }
        return sum;
    }

    private static void add(double factor, double[] row, double[] sum) {
        for (int c = 0; c < row.length; c++) {
            sum[c] += factor * row[c];
        }
    }

    private static void scale(double factor, double[] row) {
        for (int c = 0; c < row.length; c++) {
            row[c] *= factor;
        }
    }
}
