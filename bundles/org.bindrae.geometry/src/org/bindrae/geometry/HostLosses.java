package org.bindrae.geometry;

import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The loss terms in double precision on host memory. */
record HostLosses(HostDevice host) implements LossKernels {
    private static final int TORSIONS = ResidueConstants.TORSIONS;
    private static final int WELLS = 3;
    private static final int ANGLES = 64;

    @Override
    public Tensor fape(Tape tape, Fape fape, Frames frames, Tensor atoms, Fape.Target target, int[] types, Packing packing) {
        return fape.onHost(host, tape, frames, atoms, types == null ? target : renamed(frames, atoms, target, types), packing);
    }

    private static Fape.Target renamed(Frames frames, Tensor atoms, Fape.Target target, int[] types) {
        BackboneFrames predicted = frames.values(target.frames().mask());
        boolean[] exchange = Atom14Alternatives.nearer(types, target.frames(), target.atoms(), target.present(), predicted, atoms.toDoubles());
        Atom14Alternatives truth = Atom14Alternatives.of(types, target.atoms(), target.present(), exchange);
        return new Fape.Target(target.frames(), truth.positions(), truth.present());
    }

    @Override
    public Tensor distance(Tape tape, Tensor points, double[] truth, boolean[] present, Packing packing) {
        return DistanceLoss.onHost(host, tape, points, truth, present, packing);
    }

    @Override
    public Tensor clash(Tape tape, ClashLoss loss, Tensor atoms, ClashSystem system) {
        return loss.onHost(host, tape, atoms, system);
    }

    @Override
    public TorsionErrors torsion(Tape tape, Tensor torsions, Torsions target, double[] residueWeights, double[] shares) {
        double[] predicted = torsions.toDoubles();
        double[] gradient = new double[predicted.length];
        double[] error = new double[TORSIONS];
        for (int i = 0; i < target.mask().length; i++) {
            if (target.mask()[i]) {
                double weight = residueWeights[i / TORSIONS];
                double given = cosine(predicted, target.sinCos(), i);
                double exchanged = cosine(predicted, target.alternative(), i);
                double[] nearer = exchanged > given ? target.alternative() : target.sinCos();
                error[i % TORSIONS] += weight * (1 - Math.max(given, exchanged));
                gradient[2 * i] = -shares[i % TORSIONS] * weight * nearer[2 * i];
                gradient[2 * i + 1] = -shares[i % TORSIONS] * weight * nearer[2 * i + 1];
            }
        }
        double sum = 0;
        for (int c = 0; c < TORSIONS; c++) {
            sum += shares[c] * error[c];
        }
        return new TorsionErrors(sum(tape, torsions, sum, gradient), tape.scratch(DType.F64, Shape.of(TORSIONS)).set(error));
    }

    private static double cosine(double[] predicted, double[] target, int torsion) {
        return predicted[2 * torsion] * target[2 * torsion] + predicted[2 * torsion + 1] * target[2 * torsion + 1];
    }

    @Override
    public Tensor torsionLength(Tape tape, Tensor rawTorsions, boolean[] counted) {
        double[] raw = rawTorsions.toDoubles();
        double[] gradient = new double[raw.length];
        double sum = 0;
        for (int i = 0; i < counted.length; i++) {
            if (counted[i]) {
                double length = Math.sqrt(raw[2 * i] * raw[2 * i] + raw[2 * i + 1] * raw[2 * i + 1]);
                sum += Math.abs(length - 1);
                // a pair of length 0 has no direction to grow in
                double slope = length == 0 ? 0 : Math.signum(length - 1) / length;
                gradient[2 * i] = slope * raw[2 * i];
                gradient[2 * i + 1] = slope * raw[2 * i + 1];
            }
        }
        return sum(tape, rawTorsions, sum, gradient);
    }

    @Override
    public Tensor rotamer(Tape tape, Tensor logits, int[] wells) {
        double[] x = logits.toDoubles();
        double[] gradient = new double[x.length];
        double sum = 0;
        for (int i = 0; i < wells.length; i++) {
            if (wells[i] >= 0) {
                double largest = Math.max(x[WELLS * i], Math.max(x[WELLS * i + 1], x[WELLS * i + 2]));
                double total = 0;
                for (int well = 0; well < WELLS; well++) {
                    gradient[WELLS * i + well] = StrictMath.exp(x[WELLS * i + well] - largest);
                    total += gradient[WELLS * i + well];
                }
                for (int well = 0; well < WELLS; well++) {
                    gradient[WELLS * i + well] /= total;
                }
                gradient[WELLS * i + wells[i]] -= 1;
                sum += StrictMath.log(total) + largest - x[WELLS * i + wells[i]];
            }
        }
        return sum(tape, logits, sum, gradient);
    }

    @Override
    public Tensor chi(Tape tape, AngleBins bins, Tensor logits, Torsions target, double[] residueWeights, double[] shares) {
        int count = bins.count();
        double[] x = logits.toDoubles();
        double[] gradient = new double[x.length];
        int chis = ResidueConstants.CHIS;
        double[] errors = new double[x.length / count];
        host.parallel(errors.length, ANGLES, (from, to) -> {
            for (int i = from; i < to; i++) {
                int torsion = i / chis * TORSIONS + TORSIONS - chis + i % chis;
                if (target.mask()[torsion]) {
                    double weight = residueWeights[i / chis] * shares[i % chis];
                    errors[i] = weight * crossEntropy(bins, x, i * count, target, torsion, weight, gradient);
                }
            }
        });
        double sum = 0;
        for (double error : errors) {
            sum += error;
        }
        return sum(tape, logits, sum, gradient);
    }

    private static double crossEntropy(AngleBins bins, double[] x, int at, Torsions target, int torsion, double weight, double[] gradient) {
        int count = bins.count();
        double[] wanted = new double[count];
        bins.addTarget(angle(target.sinCos(), torsion), 0.5, wanted);
        bins.addTarget(angle(target.alternative(), torsion), 0.5, wanted);
        double largest = Double.NEGATIVE_INFINITY;
        for (int b = 0; b < count; b++) {
            largest = Math.max(largest, x[at + b]);
        }
        double total = 0;
        for (int b = 0; b < count; b++) {
            total += StrictMath.exp(x[at + b] - largest);
        }
        double logTotal = StrictMath.log(total) + largest;
        double error = 0;
        for (int b = 0; b < count; b++) {
            error += wanted[b] * (logTotal - x[at + b]);
            gradient[at + b] = weight * (StrictMath.exp(x[at + b] - logTotal) - wanted[b]);
        }
        return error;
    }

    private static double angle(double[] sinCos, int torsion) {
        return StrictMath.atan2(sinCos[2 * torsion], sinCos[2 * torsion + 1]);
    }

    @Override
    public Total total(Tape tape, List<Share> shares, Tensor alongside, Tensor condition) {
        double[] read = alongside == null ? new double[0] : alongside.toDoubles();
        double[] numbers = new double[shares.size() + 1 + read.length];
        System.arraycopy(read, 0, numbers, shares.size() + 1, read.length);
        double value = 0;
        for (int s = 0; s < shares.size(); s++) {
            numbers[s] = numerator(shares.get(s));
            value += shares.get(s).weight() * numbers[s];
        }
        Tensor[] inputs = shares.stream().map(Share::values).toArray(Tensor[]::new);
        Tensor total = tape.output(inputs[0].dtype(), Shape.of(1), inputs).set(value);
        numbers[shares.size()] = total.item();
        if (total.requiresGradient()) {
            tape.record(() -> {
                boolean useful = Double.isFinite(numbers[shares.size()]) && (condition == null || Double.isFinite(condition.toDoubles()[0]));
                double upstream = useful ? tape.gradient(total).item() : Double.NaN;
                for (Share share : shares) {
                    add(tape.gradient(share.values()), share.factors(), upstream * share.weight());
                }
            });
        }
        return new Total(total, () -> numbers);
    }

    private static double numerator(Share share) {
        double[] values = share.values().toDoubles();
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += share.factors()[i] * values[i];
        }
        return sum;
    }

    /** A scalar that was computed from one tensor together with its gradient by each element of it. */
    private static Tensor sum(Tape tape, Tensor input, double value, double[] gradient) {
        Tensor sum = tape.output(input.dtype(), Shape.of(1), input).set(value);
        if (sum.requiresGradient()) {
            tape.record(() -> add(tape.gradient(input), gradient, tape.gradient(sum).item()));
        }
        return sum;
    }

    /** target += factor · values; nothing when there is no target. */
    private static void add(Tensor target, double[] values, double factor) {
        if (target == null) {
            return;
        }
        DType dtype = target.dtype();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != 0) {
                dtype.set(target.memory(), i, dtype.get(target.memory(), i) + factor * values[i]);
            }
        }
    }
}
