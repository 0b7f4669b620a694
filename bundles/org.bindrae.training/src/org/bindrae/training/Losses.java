package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

import org.bindrae.data.Batch;
import org.bindrae.geometry.Atom14Alternatives;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ClashLoss;
import org.bindrae.geometry.DistanceLoss;
import org.bindrae.geometry.Fape;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The training loss: the weighted sum of the terms of {@link LossTerm}, each a mean over all residues (torsions, frames, atoms) of an optimiser step. A step of
 * several batches is therefore the same as one of a single large batch: every batch is divided by the {@link LossSums#denominators()} of the step.
 */
final class Losses {
    private final LossConfig config;

    Losses(LossConfig config) {
        this.config = config;
    }

    /**
     * The loss of one batch.
     *
     * @param total its share of the step's loss, to be differentiated
     * @param sums its terms
     */
    record Value(Tensor total, LossSums sums) {
    }

    /** A tensor whose elements, times the factors, add up to the numerator of a term. */
    private record Part(LossTerm term, Tensor values, double[] factors) {
        double numerator() {
            double[] numbers = values.toDoubles();
            double sum = 0;
            for (int i = 0; i < numbers.length; i++) {
                sum += factors[i] * numbers[i];
            }
            return sum;
        }
    }

    LossTarget target(Batch batch) {
        return LossTarget.of(batch, config);
    }

    /** What the terms of a batch are divided by at a step, which counts from 0; numerators are 0. */
    LossSums denominators(LossTarget target, long step) {
        LossSums sums = LossSums.zero();
        for (LossTerm term : LossTerm.values()) {
            if (config.weight(term) > 0) {
                sums.set(term, 0, denominator(term, target, step));
            }
        }
        if (config.torsion() > 0) {
            sums.setTorsions(new double[ResidueConstants.TORSIONS], torsionWeights(target, step));
        }
        return sums;
    }

    private double denominator(LossTerm term, LossTarget target, long step) {
        return switch (term) {
            case TORSION -> {
                double[] weights = torsionWeights(target, step);
                double[] shares = config.torsionClasses().values();
                double sum = 0;
                for (int c = 0; c < weights.length; c++) {
                    sum += shares[c] * weights[c];
                }
                yield sum;
            }
            case TORSION_LENGTH -> TorsionLengthLoss.count(target);
            case FAPE -> Arrays.stream(perSample(target, target::framesIn)).sum();
            case ROTAMER -> Arrays.stream(target.wells()).filter(well -> well >= 0).count();
            case DISTANCE -> Arrays.stream(perSample(target, target::framesIn)).sum();
            case CLASH -> Arrays.stream(perSample(target, target::clashingAtomsIn)).sum();
        };
    }

    private double[] torsionWeights(LossTarget target, long step) {
        return TorsionLoss.weights(target.torsions(), target.torsionWeights(config.focus(step)));
    }

    private static double[] perSample(LossTarget target, IntUnaryOperator count) {
        double[] counts = new double[target.packing().count()];
        Arrays.setAll(counts, count::applyAsInt);
        return counts;
    }

    /**
     * Compares a prediction with the truth.
     *
     * @param step counts from 0
     * @param denominators of all batches of the step together
     */
    Value of(Tape tape, Stage1Output output, LossTarget target, long step, LossSums denominators) {
        LossSums sums = denominators(target, step);
        List<Part> parts = new ArrayList<>();
        if (config.torsion() > 0) {
            double[] weights = target.torsionWeights(config.focus(step));
            TorsionLoss torsion = TorsionLoss.of(tape, output.torsions(), target.torsions(), weights, config.torsionClasses().values());
            sums.setTorsions(torsion.error(), torsion.weight());
            parts.add(sum(LossTerm.TORSION, torsion.sum()));
        }
        if (config.torsionLength() > 0) {
            parts.add(sum(LossTerm.TORSION_LENGTH, TorsionLengthLoss.of(tape, output.rawTorsions(), target)));
        }
        if (config.fape() > 0) {
            Tensor error = Fape.DEFAULT.loss(tape, output.frames(), output.atoms(), renamed(output, target), target.packing());
            parts.add(new Part(LossTerm.FAPE, error, perSample(target, target::framesIn)));
        }
        if (output.rotamerLogits() == null) {
            sums.set(LossTerm.ROTAMER, 0, 0);
        } else if (config.rotamer() > 0) {
            parts.add(sum(LossTerm.ROTAMER, RotamerLoss.of(tape, output.rotamerLogits(), target.wells())));
        }
        if (config.distance() > 0) {
            Tensor error = DistanceLoss.of(tape, output.frames().translations(), target.frames().translations(), target.frames().mask(), target.packing());
            parts.add(new Part(LossTerm.DISTANCE, error, perSample(target, target::framesIn)));
        }
        if (config.clash() > 0) {
            parts.add(new Part(LossTerm.CLASH, ClashLoss.DEFAULT.of(tape, output.atoms(), target.clashes()), perSample(target, target::clashingAtomsIn)));
        }
        if (parts.isEmpty()) {
            throw new IllegalStateException("no loss term with a weight applies to this network");
        }
        return new Value(total(tape, parts, sums, denominators), sums);
    }

    private static Part sum(LossTerm term, Tensor sum) {
        return new Part(term, sum, new double[] {1});
    }

    /** The true structure with the names of symmetric atoms exchanged where that lies nearer to the prediction. */
    private static Fape.Target renamed(Stage1Output output, LossTarget target) {
        Batch batch = target.batch();
        BackboneFrames predicted = output.frames().values(target.frames().mask());
        boolean[] exchange = Atom14Alternatives.nearer(batch.types(), target.frames(), batch.atom14(), target.atoms(), predicted, output.atoms().toDoubles());
        Atom14Alternatives truth = Atom14Alternatives.of(batch.types(), batch.atom14(), target.atoms(), exchange);
        return new Fape.Target(target.frames(), truth.positions(), truth.present());
    }

    private Tensor total(Tape tape, List<Part> parts, LossSums sums, LossSums denominators) {
        Tensor[] inputs = parts.stream().map(Part::values).toArray(Tensor[]::new);
        double value = 0;
        for (Part part : parts) {
            double numerator = part.numerator();
            sums.set(part.term(), numerator, sums.denominator(part.term()));
            value += weight(part.term(), denominators) * numerator;
        }
        Tensor total = tape.output(inputs[0].dtype(), Shape.of(1), inputs).set(value);
        if (total.requiresGradient()) {
            tape.record(() -> {
                double upstream = tape.gradient(total).item();
                for (Part part : parts) {
                    HostSum.add(tape.gradient(part.values()), part.factors(), upstream * weight(part.term(), denominators));
                }
            });
        }
        return total;
    }

    private double weight(LossTerm term, LossSums denominators) {
        return denominators.denominator(term) == 0 ? 0 : config.weight(term) / denominators.denominator(term);
    }
}
