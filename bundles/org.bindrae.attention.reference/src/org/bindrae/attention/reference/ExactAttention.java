package org.bindrae.attention.reference;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.tensor.Packing;

/**
 * The formulas of {@link AttentionBackend}, one (head, query residue) at a time, forward and backward. The attention weights of a row are computed again for
 * the backward pass, so nothing of size N² is kept. Letters: h head, i query, j key, c channel, p point, m and k axes.
 */
final class ExactAttention {
    private final IpaConfig config;
    private final Packing packing;
    private final double[] q;
    private final double[] kv;
    private final double[] rot;
    private final double[] trans;
    private final double[] headWeights;
    private final FramedPoints queryPoints;
    private final FramedPoints keyValuePoints;
    private final PairFeatures pairs;

    ExactAttention(AttentionInputs inputs) {
        this.config = inputs.config();
        this.packing = inputs.packing();
        this.q = inputs.q().toDoubles();
        this.kv = inputs.kv().toDoubles();
        this.rot = inputs.rot().toDoubles();
        this.trans = inputs.trans().toDoubles();
        this.headWeights = inputs.headWeights().toDoubles();
        this.queryPoints = FramedPoints.of(inputs.qPoints().toDoubles(), rot, trans, config.heads() * config.qkPoints());
        this.keyValuePoints = FramedPoints.of(inputs.kvPoints().toDoubles(), rot, trans, config.heads() * (config.qkPoints() + config.vPoints()));
        this.pairs = PairFeatures.of(inputs);
    }

    /** One query of one head: the softmax weights over the keys of its sequence, and what they collect. */
    private final class Row {
        final int h;
        final int i;
        final int from;
        final double[] weights;
        final double[] scalars = new double[config.cHidden()];
        /** Σ_j a_ij vp_j − t_i, [V, 3] */
        final double[] arms = new double[3 * config.vPoints()];
        /** op_i = R_iᵀ·arm, [V, 3] */
        final double[] points = new double[3 * config.vPoints()];
        final double[] norms = new double[config.vPoints()];
        final double[] collected = new double[config.cDown()];

        Row(int sequence, int h, int i) {
            this.h = h;
            this.i = i;
            this.from = packing.start(sequence);
            this.weights = softmax(packing.length(sequence));
            for (int j = 0; j < weights.length; j++) {
                for (int c = 0; c < scalars.length; c++) {
                    scalars[c] += weights[j] * kv[value(h, from + j, c)];
                }
                for (int p = 0; p < norms.length; p++) {
                    for (int m = 0; m < 3; m++) {
                        arms[3 * p + m] += weights[j] * (keyValuePoints.get(from + j, valuePoint(h, p), m) - trans[3 * i + m]);
                    }
                }
                for (int c = 0; c < collected.length; c++) {
                    collected[c] += weights[j] * pairs.down(i, from + j, c);
                }
            }
            for (int p = 0; p < norms.length; p++) {
                double square = AttentionBackend.NORM_EPS;
                for (int k = 0; k < 3; k++) {
                    for (int m = 0; m < 3; m++) {
                        points[3 * p + k] += rot[9 * i + 3 * m + k] * arms[3 * p + m];
                    }
                    square += points[3 * p + k] * points[3 * p + k];
                }
                norms[p] = Math.sqrt(square);
            }
        }

        private double[] softmax(int keys) {
            double[] a = new double[keys];
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < keys; j++) {
                double dot = 0;
                for (int c = 0; c < config.cHidden(); c++) {
                    dot += q[query(h, i, c)] * kv[key(h, from + j, c)];
                }
                a[j] = dot * config.scalarScale() + config.biasScale() * pairs.bias(i, from + j, h) - 0.5 * pointWeight(h) * squaredDistance(from + j);
                max = Math.max(max, a[j]);
            }
            double sum = 0;
            for (int j = 0; j < keys; j++) {
                a[j] = StrictMath.exp(a[j] - max);
                sum += a[j];
            }
            for (int j = 0; j < keys; j++) {
                a[j] /= sum;
            }
            return a;
        }

        /** Σ_p |qp_ip − kp_jp|² */
        double squaredDistance(int j) {
            double sum = 0;
            for (int p = 0; p < config.qkPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    double difference = difference(j, p, m);
                    sum += difference * difference;
                }
            }
            return sum;
        }

        double difference(int j, int p, int m) {
            return queryPoints.get(i, queryPoint(h, p), m) - keyValuePoints.get(j, keyPoint(h, p), m);
        }
    }

    /** The result [T, {@link IpaConfig#resultWidth()}]. */
    double[] forward() {
        double[] result = new double[packing.total() * config.resultWidth()];
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                for (int h = 0; h < config.heads(); h++) {
                    Row row = new Row(sequence, h, i);
                    for (int c = 0; c < config.cHidden(); c++) {
                        result[scalarColumn(h, i, c)] = row.scalars[c];
                    }
                    for (int p = 0; p < config.vPoints(); p++) {
                        for (int m = 0; m < 3; m++) {
                            result[pointColumn(h, i, p, m)] = row.points[3 * p + m];
                        }
                        result[normColumn(h, i, p)] = row.norms[p];
                    }
                    for (int c = 0; c < config.cDown(); c++) {
                        result[collectedColumn(h, i, c)] = row.collected[c];
                    }
                }
            }
        }
        return result;
    }

    /** The gradients of {@link AttentionInputs#tensors()}, in that order, for the gradient of the result. Called once. */
    double[][] backward(double[] dResult) {
        double[] dq = new double[q.length];
        double[] dkv = new double[kv.length];
        double[] dRot = new double[rot.length];
        double[] dTrans = new double[trans.length];
        double[] dPointWeight = new double[config.heads()];
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                for (int h = 0; h < config.heads(); h++) {
                    Row row = new Row(sequence, h, i);
                    double[] dArms = armGradients(row, dResult, dRot, dTrans);
                    double[] dWeights = collectGradients(row, dResult, dArms, dkv);
                    logitGradients(row, dWeights, dq, dkv, dPointWeight);
                }
            }
        }
        double[] dqPoints = queryPoints.pushBack(rot, dRot, dTrans);
        double[] dkvPoints = keyValuePoints.pushBack(rot, dRot, dTrans);
        double[] dHeadWeights = new double[config.heads()];
        for (int h = 0; h < config.heads(); h++) {
            dHeadWeights[h] = dPointWeight[h] * config.pointWeightSlope(headWeights[h]);
        }
        double[][] pairGradients = pairs.gradients();
        double[][] all = new double[7 + pairGradients.length][];
        System.arraycopy(new double[][] {dq, dkv, dqPoints, dkvPoints, dRot, dTrans, dHeadWeights}, 0, all, 0, 7);
        System.arraycopy(pairGradients, 0, all, 7, pairGradients.length);
        return all;
    }

    /** Through the norms and op = Rᵀ·arm, arm = Σ a vp − t. */
    private double[] armGradients(Row row, double[] dResult, double[] dRot, double[] dTrans) {
        double[] dArms = new double[3 * config.vPoints()];
        for (int p = 0; p < config.vPoints(); p++) {
            double dNorm = dResult[normColumn(row.h, row.i, p)];
            for (int k = 0; k < 3; k++) {
                double dPoint = dResult[pointColumn(row.h, row.i, p, k)] + dNorm * row.points[3 * p + k] / row.norms[p];
                for (int m = 0; m < 3; m++) {
                    dArms[3 * p + m] += rot[9 * row.i + 3 * m + k] * dPoint;
                    dRot[9 * row.i + 3 * m + k] += row.arms[3 * p + m] * dPoint;
                }
            }
            for (int m = 0; m < 3; m++) {
                dTrans[3 * row.i + m] -= dArms[3 * p + m];
            }
        }
        return dArms;
    }

    /** Through the weighted sums: to the values, and to the weights, which are returned. */
    private double[] collectGradients(Row row, double[] dResult, double[] dArms, double[] dkv) {
        double[] dWeights = new double[row.weights.length];
        for (int n = 0; n < dWeights.length; n++) {
            int j = row.from + n;
            double a = row.weights[n];
            for (int c = 0; c < config.cHidden(); c++) {
                double d = dResult[scalarColumn(row.h, row.i, c)];
                dWeights[n] += d * kv[value(row.h, j, c)];
                dkv[value(row.h, j, c)] += d * a;
            }
            for (int p = 0; p < config.vPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    double d = dArms[3 * p + m];
                    dWeights[n] += d * (keyValuePoints.get(j, valuePoint(row.h, p), m) - trans[3 * row.i + m]);
                    keyValuePoints.addGradient(j, valuePoint(row.h, p), m, d * a);
                }
            }
            for (int c = 0; c < config.cDown(); c++) {
                double d = dResult[collectedColumn(row.h, row.i, c)];
                dWeights[n] += d * pairs.down(row.i, j, c);
                pairs.addDownGradient(row.i, j, c, d * a);
            }
        }
        return dWeights;
    }

    /** Through the softmax and the three terms of the logits. */
    private void logitGradients(Row row, double[] dWeights, double[] dq, double[] dkv, double[] dPointWeight) {
        double mean = 0;
        for (int n = 0; n < dWeights.length; n++) {
            mean += row.weights[n] * dWeights[n];
        }
        for (int n = 0; n < dWeights.length; n++) {
            int j = row.from + n;
            double dLogit = row.weights[n] * (dWeights[n] - mean);
            for (int c = 0; c < config.cHidden(); c++) {
                dq[query(row.h, row.i, c)] += dLogit * config.scalarScale() * kv[key(row.h, j, c)];
                dkv[key(row.h, j, c)] += dLogit * config.scalarScale() * q[query(row.h, row.i, c)];
            }
            pairs.addBiasGradient(row.i, j, row.h, dLogit * config.biasScale());
            dPointWeight[row.h] -= 0.5 * dLogit * row.squaredDistance(j);
            for (int p = 0; p < config.qkPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    double d = dLogit * pointWeight(row.h) * row.difference(j, p, m);
                    queryPoints.addGradient(row.i, queryPoint(row.h, p), m, -d);
                    keyValuePoints.addGradient(j, keyPoint(row.h, p), m, d);
                }
            }
        }
    }

    private double pointWeight(int h) {
        return config.pointWeight(headWeights[h]);
    }

    private int query(int h, int i, int c) {
        return (i * config.heads() + h) * config.cHidden() + c;
    }

    private int key(int h, int j, int c) {
        return (j * config.heads() + h) * 2 * config.cHidden() + c;
    }

    private int value(int h, int j, int c) {
        return key(h, j, config.cHidden() + c);
    }

    private int queryPoint(int h, int p) {
        return h * config.qkPoints() + p;
    }

    private int keyPoint(int h, int p) {
        return h * (config.qkPoints() + config.vPoints()) + p;
    }

    private int valuePoint(int h, int p) {
        return keyPoint(h, config.qkPoints() + p);
    }

    private int scalarColumn(int h, int i, int c) {
        return i * config.resultWidth() + config.scalarColumn(h) + c;
    }

    private int pointColumn(int h, int i, int p, int axis) {
        return i * config.resultWidth() + config.pointColumn(axis, h) + p;
    }

    private int normColumn(int h, int i, int p) {
        return i * config.resultWidth() + config.normColumn(h) + p;
    }

    private int collectedColumn(int h, int i, int c) {
        return i * config.resultWidth() + config.collectedColumn(h) + c;
    }
}
