package org.bindrae.geometry;

import java.util.stream.IntStream;

import org.bindrae.tensor.Packing;

/**
 * Walks over the (frame, atom) pairs of {@link Fape}. Frames and atoms that take part are numbered without gaps, in the order of their
 * sequences. Each result has one writer, which adds in ascending order: results do not depend on how the ranges are cut.
 */
final class FapeSweep {
    private final Fape settings;
    private final BackboneFrames predicted;
    private final BackboneFrames truth;
    private final double[] predictedAtoms;
    private final double[] trueAtoms;
    /** Rows of those that take part, and where each sequence's begin [B + 1]. */
    private final int[] frames;
    private final int[] atoms;
    private final int[] frameStarts;
    private final int[] atomStarts;

    FapeSweep(Fape settings, BackboneFrames predicted, double[] predictedAtoms, Fape.Target target, Packing packing) {
        this.settings = settings;
        this.predicted = predicted;
        this.truth = target.frames();
        this.predictedAtoms = predictedAtoms;
        this.trueAtoms = target.atoms();
        int perResidue = packing.total() == 0 ? 1 : target.present().length / packing.total();
        frames = IntStream.range(0, packing.total()).filter(i -> truth.mask()[i]).toArray();
        atoms = IntStream.range(0, target.present().length).filter(j -> target.present()[j]).toArray();
        frameStarts = starts(frames, packing.offsets(), 1);
        atomStarts = starts(atoms, packing.offsets(), perResidue);
    }

    private static int[] starts(int[] rows, int[] offsets, int perResidue) {
        int[] starts = new int[offsets.length];
        int next = 0;
        for (int s = 0; s < offsets.length; s++) {
            while (next < rows.length && rows[next] < offsets[s] * perResidue) {
                next++;
            }
            starts[s] = next;
        }
        return starts;
    }

    int frameCount() {
        return frames.length;
    }

    int atomCount() {
        return atoms.length;
    }

    private static int sequenceOf(int index, int[] starts) {
        int s = 0;
        while (index >= starts[s + 1]) {
            s++;
        }
        return s;
    }

    /** Sums the errors of each frame. */
    void errors(int from, int to, double[] errors) {
        Pair pair = new Pair();
        for (int f = from; f < to; f++) {
            int s = sequenceOf(f, frameStarts);
            pair.frame(frames[f]);
            double sum = 0;
            for (int a = atomStarts[s]; a < atomStarts[s + 1]; a++) {
                sum += Math.min(pair.distance(atoms[a]), settings.clamp());
            }
            errors[f] = sum;
        }
    }

    /** The mean error of each sequence. */
    double[] means(double[] errors) {
        double[] means = new double[frameStarts.length - 1];
        for (int s = 0; s < means.length; s++) {
            double sum = 0;
            for (int f = frameStarts[s]; f < frameStarts[s + 1]; f++) {
                sum += errors[f];
            }
            means[s] = sum * meanWeight(s);
        }
        return means;
    }

    private double meanWeight(int s) {
        double pairs = (double) (frameStarts[s + 1] - frameStarts[s]) * (atomStarts[s + 1] - atomStarts[s]);
        return pairs == 0 ? 0 : 1 / (pairs * settings.scale());
    }

    /** The gradient of each sequence's pair distances, given that of the means. */
    double[] pairWeights(double[] upstream) {
        return IntStream.range(0, upstream.length).mapToDouble(s -> upstream[s] * meanWeight(s)).toArray();
    }

    void frameGradients(int from, int to, double[] weights, double[] dRotations, double[] dTranslations) {
        Pair pair = new Pair();
        for (int f = from; f < to; f++) {
            int s = sequenceOf(f, frameStarts);
            pair.frame(frames[f]);
            double[] m = new double[9];
            double[] sum = new double[3];
            for (int a = atomStarts[s]; a < atomStarts[s + 1]; a++) {
                double distance = pair.distance(atoms[a]);
                if (distance <= settings.clamp()) {
                    pair.addToFrame(weights[s] / distance, m, sum);
                }
            }
            System.arraycopy(m, 0, dRotations, 9 * frames[f], 9);
            predicted.frame(frames[f]).rotate(Vec3.at(sum, 0)).times(-1).store(dTranslations, frames[f]);
        }
    }

    void atomGradients(int from, int to, double[] weights, double[] dAtoms) {
        Pair pair = new Pair();
        int start = from;
        while (start < to) {
            int s = sequenceOf(start, atomStarts);
            int end = Math.min(to, atomStarts[s + 1]);
            for (int f = frameStarts[s]; f < frameStarts[s + 1]; f++) {
                pair.frame(frames[f]);
                for (int a = start; a < end; a++) {
                    double distance = pair.distance(atoms[a]);
                    if (distance <= settings.clamp()) {
                        pair.addToAtom(weights[s] / distance, dAtoms, 3 * atoms[a]);
                    }
                }
            }
            start = end;
        }
    }

    /** A frame, and an atom seen from it: plain fields, so that the inner loops keep them in registers. */
    private final class Pair {
        private final double[] r = new double[9];
        private double tx;
        private double ty;
        private double tz;
        private final double[] q = new double[9];
        private double ux;
        private double uy;
        private double uz;
        /** x̂ − t̂ */
        private double px;
        private double py;
        private double pz;
        /** T̂⁻¹x̂ − T⁻¹x */
        private double dx;
        private double dy;
        private double dz;

        void frame(int i) {
            System.arraycopy(predicted.rotations(), 9 * i, r, 0, 9);
            System.arraycopy(truth.rotations(), 9 * i, q, 0, 9);
            tx = predicted.translations()[3 * i];
            ty = predicted.translations()[3 * i + 1];
            tz = predicted.translations()[3 * i + 2];
            ux = truth.translations()[3 * i];
            uy = truth.translations()[3 * i + 1];
            uz = truth.translations()[3 * i + 2];
        }

        double distance(int atom) {
            px = predictedAtoms[3 * atom] - tx;
            py = predictedAtoms[3 * atom + 1] - ty;
            pz = predictedAtoms[3 * atom + 2] - tz;
            double x = trueAtoms[3 * atom] - ux;
            double y = trueAtoms[3 * atom + 1] - uy;
            double z = trueAtoms[3 * atom + 2] - uz;
            dx = r[0] * px + r[3] * py + r[6] * pz - (q[0] * x + q[3] * y + q[6] * z);
            dy = r[1] * px + r[4] * py + r[7] * pz - (q[1] * x + q[4] * y + q[7] * z);
            dz = r[2] * px + r[5] * py + r[8] * pz - (q[2] * x + q[5] * y + q[8] * z);
            return Math.sqrt(dx * dx + dy * dy + dz * dz + settings.eps());
        }

        /** Adds to the gradient of R̂ and to that of the atom's local coordinates. */
        void addToFrame(double factor, double[] rotation, double[] local) {
            double gx = factor * dx;
            double gy = factor * dy;
            double gz = factor * dz;
            rotation[0] += px * gx;
            rotation[1] += px * gy;
            rotation[2] += px * gz;
            rotation[3] += py * gx;
            rotation[4] += py * gy;
            rotation[5] += py * gz;
            rotation[6] += pz * gx;
            rotation[7] += pz * gy;
            rotation[8] += pz * gz;
            local[0] += gx;
            local[1] += gy;
            local[2] += gz;
        }

        void addToAtom(double factor, double[] gradient, int at) {
            double gx = factor * dx;
            double gy = factor * dy;
            double gz = factor * dz;
            gradient[at] += r[0] * gx + r[1] * gy + r[2] * gz;
            gradient[at + 1] += r[3] * gx + r[4] * gy + r[5] * gz;
            gradient[at + 2] += r[6] * gx + r[7] * gy + r[8] * gz;
        }
    }
}
