package org.example.attention.streaming;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;

/**
 * One sequence, forward and backward. Each head becomes {@link SoftmaxRows}: in
 *
 * <pre>
 * logit_ij = s·q_i·k_j + β·Σ_ρ b1_iρ b2_jρ − ½·w·Σ_p |qp_ip − kp_jp|²
 * </pre>
 *
 * the square expands to products of a query and a key, a part of the key alone, and a part of the query alone, which the softmax cancels:
 *
 * <pre>
 * query row = [ s·q | w·qp | β·b1 | 1 ]        key row = [ k | kp | b2 | −½·w·Σ|kp|² ]        value row = [ v | vp | d2 ]
 * </pre>
 *
 * In double precision, on nanometres about the middle of the sequence, the expansion loses nothing; in single precision it would.
 */
final class SequenceAttention {
    private final IpaConfig config;
    private final int start;
    private final int residues;
    private final InputArrays in;
    private final SoftmaxRows[] heads;
    /** First columns of points, factors and the rest in query and key rows, and of points and factors in value rows. */
    private final int points;
    private final int factors;
    private final int last;
    private final int valuePoints;
    private final int valueFactors;

    SequenceAttention(IpaConfig config, int start, int residues, InputArrays in) {
        this.config = config;
        this.start = start;
        this.residues = residues;
        this.in = in;
        this.heads = new SoftmaxRows[config.heads()];
        this.points = config.cHidden();
        this.factors = points + 3 * config.qkPoints();
        this.last = factors + config.rank();
        this.valuePoints = config.cHidden();
        this.valueFactors = valuePoints + 3 * config.vPoints();
    }

    /** Writes the rows of this sequence. */
    void forward(double[] result) {
        for (int h = 0; h < heads.length; h++) {
            heads[h] = rows(h);
            heads[h].forward();
            for (int n = 0; n < residues; n++) {
                writeResult(h, n, result);
            }
        }
    }

    private SoftmaxRows rows(int h) {
        SoftmaxRows rows = new SoftmaxRows(residues, last + 1, valueFactors + config.rank() * config.cDown());
        double weight = config.pointWeight(in.headWeights()[h]);
        for (int n = 0; n < residues; n++) {
            double[] query = rows.queries[n];
            double[] key = rows.keys[n];
            double[] value = rows.values[n];
            for (int c = 0; c < config.cHidden(); c++) {
                query[c] = config.scalarScale() * in.q()[q(h, n, c)];
                key[c] = in.kv()[kv(h, n, c)];
                value[c] = in.kv()[kv(h, n, config.cHidden() + c)];
            }
            for (int p = 0; p < config.qkPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    double coordinate = global(in.kvPoints(), kvPoint(h, p), kvPointsPerAxis(), n, m);
                    query[points + 3 * p + m] = weight * global(in.qPoints(), qPoint(h, p), qPointsPerAxis(), n, m);
                    key[points + 3 * p + m] = coordinate;
                    key[last] -= 0.5 * weight * coordinate * coordinate;
                }
            }
            for (int p = 0; p < config.vPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    value[valuePoints + 3 * p + m] = global(in.kvPoints(), kvPoint(h, config.qkPoints() + p), kvPointsPerAxis(), n, m);
                }
            }
            for (int r = 0; r < config.rank(); r++) {
                query[factors + r] = config.biasScale() * in.b1()[b(n, r, h)];
                key[factors + r] = in.b2()[b(n, r, h)];
                System.arraycopy(in.d2(), d(n, r), value, valueFactors + r * config.cDown(), config.cDown());
            }
            query[last] = 1;
        }
        return rows;
    }

    private void writeResult(int h, int n, double[] result) {
        double[] sums = heads[h].sums[n];
        int row = (start + n) * config.resultWidth();
        System.arraycopy(sums, 0, result, row + config.scalarColumn(h), config.cHidden());
        for (int p = 0; p < config.vPoints(); p++) {
            double[] local = local(sums, n, p);
            for (int k = 0; k < 3; k++) {
                result[row + config.pointColumn(k, h) + p] = local[k];
            }
            result[row + config.normColumn(h) + p] = norm(local);
        }
        for (int r = 0; r < config.rank(); r++) {
            for (int c = 0; c < config.cDown(); c++) {
                result[row + config.collectedColumn(h) + c] += in.d1()[d(n, r) + c] * sums[valueFactors + r * config.cDown() + c];
            }
        }
    }

    /** The weighted value point in the frame of the residue: Rᵀ(sum − t). */
    private double[] local(double[] sums, int n, int p) {
        double[] local = new double[3];
        for (int k = 0; k < 3; k++) {
            for (int m = 0; m < 3; m++) {
                local[k] += in.rot()[rot(n, m, k)] * arm(sums, n, p, m);
            }
        }
        return local;
    }

    private double arm(double[] sums, int n, int p, int m) {
        return sums[valuePoints + 3 * p + m] - in.trans()[trans(n, m)];
    }

    private static double norm(double[] local) {
        return Math.sqrt(local[0] * local[0] + local[1] * local[1] + local[2] * local[2] + AttentionBackend.NORM_EPS);
    }

    /** Adds to the gradients of this sequence's rows, and returns those of the head weights. */
    double[] backward(double[] resultGradient, InputArrays to) {
        double[] headWeights = new double[heads.length];
        for (int h = 0; h < heads.length; h++) {
            double[][] sumGradients = new double[residues][];
            for (int n = 0; n < residues; n++) {
                sumGradients[n] = sumGradient(h, n, resultGradient, to);
            }
            headWeights[h] = addRowGradients(h, heads[h].backward(sumGradients), to) * config.pointWeightSlope(in.headWeights()[h]);
        }
        return headWeights;
    }

    /** Through {@link #writeResult}. */
    private double[] sumGradient(int h, int n, double[] resultGradient, InputArrays to) {
        double[] sums = heads[h].sums[n];
        double[] gradient = new double[sums.length];
        int row = (start + n) * config.resultWidth();
        System.arraycopy(resultGradient, row + config.scalarColumn(h), gradient, 0, config.cHidden());
        for (int p = 0; p < config.vPoints(); p++) {
            double[] local = local(sums, n, p);
            double ofNorm = resultGradient[row + config.normColumn(h) + p] / norm(local);
            for (int k = 0; k < 3; k++) {
                double ofLocal = resultGradient[row + config.pointColumn(k, h) + p] + ofNorm * local[k];
                for (int m = 0; m < 3; m++) {
                    gradient[valuePoints + 3 * p + m] += in.rot()[rot(n, m, k)] * ofLocal;
                    to.rot()[rot(n, m, k)] += arm(sums, n, p, m) * ofLocal;
                    to.trans()[trans(n, m)] -= in.rot()[rot(n, m, k)] * ofLocal;
                }
            }
        }
        for (int r = 0; r < config.rank(); r++) {
            for (int c = 0; c < config.cDown(); c++) {
                double ofCollected = resultGradient[row + config.collectedColumn(h) + c];
                to.d1()[d(n, r) + c] += ofCollected * sums[valueFactors + r * config.cDown() + c];
                gradient[valueFactors + r * config.cDown() + c] = ofCollected * in.d1()[d(n, r) + c];
            }
        }
        return gradient;
    }

    /** Through {@link #rows}; returns the gradient of the weight of the points. */
    private double addRowGradients(int h, SoftmaxRows gradients, InputArrays to) {
        double weight = config.pointWeight(in.headWeights()[h]);
        double ofWeight = 0;
        for (int n = 0; n < residues; n++) {
            double[] query = gradients.queries[n];
            double[] key = gradients.keys[n];
            double[] value = gradients.values[n];
            for (int c = 0; c < config.cHidden(); c++) {
                to.q()[q(h, n, c)] += config.scalarScale() * query[c];
                to.kv()[kv(h, n, c)] += key[c];
                to.kv()[kv(h, n, config.cHidden() + c)] += value[c];
            }
            for (int p = 0; p < config.qkPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    double coordinate = heads[h].keys[n][points + 3 * p + m];
                    ofWeight += query[points + 3 * p + m] * global(in.qPoints(), qPoint(h, p), qPointsPerAxis(), n, m);
                    ofWeight -= 0.5 * coordinate * coordinate * key[last];
                    double ofQuery = weight * query[points + 3 * p + m];
                    double ofKey = key[points + 3 * p + m] - weight * coordinate * key[last];
                    addGlobal(ofQuery, in.qPoints(), to.qPoints(), qPoint(h, p), qPointsPerAxis(), n, m, to);
                    addGlobal(ofKey, in.kvPoints(), to.kvPoints(), kvPoint(h, p), kvPointsPerAxis(), n, m, to);
                }
            }
            for (int p = 0; p < config.vPoints(); p++) {
                for (int m = 0; m < 3; m++) {
                    addGlobal(value[valuePoints + 3 * p + m], in.kvPoints(), to.kvPoints(), kvPoint(h, config.qkPoints() + p), kvPointsPerAxis(), n, m, to);
                }
            }
            for (int r = 0; r < config.rank(); r++) {
                to.b1()[b(n, r, h)] += config.biasScale() * query[factors + r];
                to.b2()[b(n, r, h)] += key[factors + r];
                for (int c = 0; c < config.cDown(); c++) {
                    to.d2()[d(n, r) + c] += value[valueFactors + r * config.cDown() + c];
                }
            }
        }
        return ofWeight;
    }

    /** Coordinate m of R·local + t. Local points are laid out by axis. */
    private double global(double[] local, int point, int perAxis, int n, int m) {
        double sum = in.trans()[trans(n, m)];
        for (int k = 0; k < 3; k++) {
            sum += in.rot()[rot(n, m, k)] * local[(3 * (start + n) + k) * perAxis + point];
        }
        return sum;
    }

    /** Through {@link #global}. */
    private void addGlobal(double gradient, double[] local, double[] localGradient, int point, int perAxis, int n, int m, InputArrays to) {
        to.trans()[trans(n, m)] += gradient;
        for (int k = 0; k < 3; k++) {
            int at = (3 * (start + n) + k) * perAxis + point;
            localGradient[at] += in.rot()[rot(n, m, k)] * gradient;
            to.rot()[rot(n, m, k)] += gradient * local[at];
        }
    }

    // --- places in the arrays -----------------------------------------------------------------------------------------------------------

    private int q(int h, int n, int c) {
        return ((start + n) * config.heads() + h) * config.cHidden() + c;
    }

    private int kv(int h, int n, int c) {
        return ((start + n) * config.heads() + h) * 2 * config.cHidden() + c;
    }

    private int qPoint(int h, int p) {
        return h * config.qkPoints() + p;
    }

    private int qPointsPerAxis() {
        return config.heads() * config.qkPoints();
    }

    private int kvPoint(int h, int p) {
        return h * (config.qkPoints() + config.vPoints()) + p;
    }

    private int kvPointsPerAxis() {
        return config.heads() * (config.qkPoints() + config.vPoints());
    }

    private int rot(int n, int m, int k) {
        return 9 * (start + n) + 3 * m + k;
    }

    private int trans(int n, int m) {
        return 3 * (start + n) + m;
    }

    private int b(int n, int r, int h) {
        return ((start + n) * config.rank() + r) * config.heads() + h;
    }

    private int d(int n, int r) {
        return ((start + n) * config.rank() + r) * config.cDown();
    }
}
