package org.bindrae.geometry;

import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Mean squared error of the distances between points of one sequence, (|x̂ᵢ − x̂ⱼ| − |xᵢ − xⱼ|)² in Å², over all pairs; O(N) memory. */
public final class DistanceLoss {
    private static final int GRAIN = 16;

    private DistanceLoss() {
    }

    /**
     * Compares predicted points, the Cα, with the true ones.
     *
     * @param points predicted [T, 3], Å
     * @param truth true [T, 3], Å
     * @param present which points take part [T]
     * @return the error of each sequence [B]; 0 where there is no pair
     */
    public static Tensor of(Tape tape, Tensor points, double[] truth, boolean[] present, Packing packing) {
        HostValues.require("points", points, packing.total(), 3);
        HostValues.require("true points", truth.length, 3 * packing.total());
        HostValues.require("present", present.length, packing.total());
        return LossKernels.of(points.device()).distance(tape, points, truth, present, packing);
    }

    static Tensor onHost(HostDevice host, Tape tape, Tensor points, double[] truth, boolean[] present, Packing packing) {
        double[] predicted = points.toDoubles();
        double[] errors = new double[packing.total()];
        double[] gradients = new double[3 * packing.total()];
        double[] means = new double[packing.count()];
        for (int s = 0; s < packing.count(); s++) {
            int start = packing.start(s);
            int end = packing.end(s);
            host.parallel(end - start, GRAIN, (from, to) -> {
                for (int i = start + from; i < start + to; i++) {
                    if (present[i]) {
                        compare(i, start, end, predicted, truth, present, errors, gradients);
                    }
                }
            });
            int count = 0;
            for (int i = start; i < end; i++) {
                means[s] += errors[i];
                count += present[i] ? 1 : 0;
            }
            double weight = count < 2 ? 0 : 1 / ((double) count * (count - 1));
            means[s] *= weight;
            for (int i = 3 * start; i < 3 * end; i++) {
                gradients[i] *= weight;
            }
        }
        Tensor result = HostValues.output(tape, Shape.of(packing.count()), means, points);
        if (result.requiresGradient()) {
            tape.record(() -> HostValues.add(tape.gradient(points), perSequence(tape.gradient(result), gradients, packing, 3)));
        }
        return result;
    }

    /** Multiplies values [T, width] by their sequence's upstream gradient [B]. */
    static double[] perSequence(Tensor upstream, double[] values, Packing packing, int width) {
        double[] factor = upstream.toDoubles();
        double[] scaled = new double[values.length];
        for (int s = 0; s < packing.count(); s++) {
            for (int i = packing.start(s) * width; i < packing.end(s) * width; i++) {
                scaled[i] = factor[s] * values[i];
            }
        }
        return scaled;
    }

    /** Row i of the sum over ordered pairs, and its gradient: each pair counts twice, from both ends. */
    private static void compare(int i, int start, int end, double[] predicted, double[] truth, boolean[] present, double[] errors,
            double[] gradients) {
        Vec3 centre = Vec3.at(predicted, i);
        Vec3 trueCentre = Vec3.at(truth, i);
        Vec3 gradient = Vec3.ZERO;
        for (int j = start; j < end; j++) {
            if (j != i && present[j]) {
                Vec3 gap = centre.minus(Vec3.at(predicted, j));
                double distance = gap.norm();
                double excess = distance - trueCentre.distance(Vec3.at(truth, j));
                errors[i] += excess * excess;
                // coincident points have no direction to be pushed in
                gradient = distance == 0 ? gradient : gradient.plus(gap.times(4 * excess / distance));
            }
        }
        gradient.store(gradients, i);
    }
}
