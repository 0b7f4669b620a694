package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

import org.bindrae.data.Batch;
import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.ClashLoss;
import org.bindrae.geometry.DistanceLoss;
import org.bindrae.geometry.Fape;
import org.bindrae.geometry.LossKernels;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The training loss: the weighted sum of the terms of {@link LossTerm}, each a mean over all residues (torsions, frames, atoms) of an optimiser step. A step of
 * several batches is therefore the same as one of a single large batch: every batch is divided by the {@link LossSums#denominators()} of the step.
 */
final class Losses {
    private static final int FIRST_CHI = ResidueConstants.TORSIONS - ResidueConstants.CHIS;

    private final LossConfig config;

    Losses(LossConfig config) {
        this.config = config;
    }

    /**
     * The loss of one batch.
     *
     * @param total its share of the step's loss, to be differentiated
     * @param numbers waits for the device and gives its terms
     */
    record Value(Tensor total, Supplier<Numbers> numbers) {
        LossSums sums() {
            return numbers.get().sums();
        }
    }

    /** What a {@link Value} is: its terms, and the total, which may be out of the range of the element type although the terms are not. */
    record Numbers(LossSums sums, double total) {
    }

    /** A term of the batch: the elements of a tensor times factors add up to its numerator. */
    private record Part(LossTerm term, Tensor values, double[] factors) {
    }

    LossTarget target(Batch batch) {
        return LossTarget.of(batch, config);
    }

    /** Makes what a device needs of a target for predictions of an element type before it is asked to compare. */
    void prepare(LossTarget target, Device device, DType dtype) {
        LossKernels.of(device).prepare(dtype, Fape.DEFAULT, config.fape() > 0 ? target.fape() : null, target.batch().types(), target.packing(),
                target.torsions(),
                target.clashes());
    }

    /** What the terms of a batch are divided by at a step, which counts from 0; numerators are 0. */
    LossSums denominators(LossTarget target, long step) {
        LossSums sums = LossSums.zero();
        double[] weights = target.torsionDenominators(target.torsionWeights(config.focus(step)));
        double[] shares = config.torsionClasses().values();
        for (LossTerm term : LossTerm.values()) {
            if (config.weight(term) > 0) {
                sums.set(term, 0, switch (term) {
                    case TORSION -> weighted(shares, weights, 0);
                    case CHI, CHI_DRAFT -> weighted(shares, weights, FIRST_CHI);
                    default -> denominator(term, target.counts());
                });
            }
        }
        if (config.torsion() > 0) {
            sums.setTorsionWeights(weights);
        }
        return sums;
    }

    private static double weighted(double[] shares, double[] weights, int first) {
        double sum = 0;
        for (int c = first; c < weights.length; c++) {
            sum += shares[c] * weights[c];
        }
        return sum;
    }

    private static double denominator(LossTerm term, LossTarget.Counts counts) {
        return switch (term) {
            case TORSION, CHI, CHI_DRAFT -> throw new IllegalArgumentException("depends on the step");
            case TORSION_LENGTH -> counts.torsions();
            case FAPE, DISTANCE -> Arrays.stream(counts.frames()).sum();
            case ROTAMER -> counts.wells();
            case CLASH -> Arrays.stream(counts.clashing()).sum();
        };
    }

    /**
     * Compares a prediction with the truth.
     *
     * @param step counts from 0
     * @param denominators of all batches of the step together
     */
    Value of(Tape tape, Stage1Output output, LossTarget target, long step, LossSums denominators) {
        return of(tape, output, target, step, denominators(target, step), denominators, null);
    }

    /**
     * As above.
     *
     * @param own {@link #denominators} of this batch
     * @param condition gradients are not finite where the first element of this tensor is not; null for none
     */
    Value of(Tape tape, Stage1Output output, LossTarget target, long step, LossSums own, LossSums denominators, Tensor condition) {
        LossSums sums = LossSums.zero().plus(own);
        for (LossTerm term : LossTerm.values()) {
            boolean applies = term.ofDistributions() == (output.chi() != null) && (term != LossTerm.ROTAMER || output.rotamerLogits() != null);
            if (!applies) {
                sums.set(term, 0, 0);
            }
        }
        if (output.chi() != null) {
            // what the other terms look at has no gradient
            sums.setTorsionWeights(new double[ResidueConstants.TORSIONS]);
        }
        Compared compared = output.chi() == null ? compared(tape, output, target, step) : new Compared(distributions(tape, output.chi(), target, step), null);
        if (compared.parts().isEmpty()) {
            throw new IllegalStateException("no loss term with a weight applies to this network");
        }
        LossKernels.Total total = LossKernels.of(tape.device()).total(tape, shares(compared.parts(), denominators), compared.torsionErrors(), condition);
        return new Value(total.value(), () -> numbers(compared, total.numbers().get(), sums));
    }

    /** @param torsionErrors of each torsion class; null where that term does not count */
    private record Compared(List<Part> parts, Tensor torsionErrors) {
    }

    private Compared compared(Tape tape, Stage1Output output, LossTarget target, long step) {
        LossKernels kernels = LossKernels.of(tape.device());
        List<Part> parts = new ArrayList<>();
        Tensor torsionErrors = null;
        if (config.torsion() > 0) {
            double[] weights = target.torsionWeights(config.focus(step));
            LossKernels.TorsionErrors torsion = kernels.torsion(tape, output.torsions(), target.torsions(), weights, config.torsionClasses().values());
            torsionErrors = torsion.classes();
            parts.add(sum(LossTerm.TORSION, torsion.sum()));
        }
        if (config.torsionLength() > 0) {
            parts.add(sum(LossTerm.TORSION_LENGTH, kernels.torsionLength(tape, output.rawTorsions(), target.counts().torsionsThatExist())));
        }
        if (config.fape() > 0) {
            Tensor error = Fape.DEFAULT.lossOfNearer(tape, output.frames(), output.atoms(), target.fape(), target.batch().types(), target.packing());
            parts.add(new Part(LossTerm.FAPE, error, target.counts().frames()));
        }
        if (config.rotamer() > 0 && output.rotamerLogits() != null) {
            parts.add(sum(LossTerm.ROTAMER, kernels.rotamer(tape, output.rotamerLogits(), target.wells())));
        }
        if (config.distance() > 0) {
            Tensor error = DistanceLoss.of(tape, output.frames().translations(), target.frames().translations(), target.frames().mask(), target.packing());
            parts.add(new Part(LossTerm.DISTANCE, error, target.counts().frames()));
        }
        if (config.clash() > 0) {
            parts.add(new Part(LossTerm.CLASH, ClashLoss.DEFAULT.of(tape, output.atoms(), target.clashes()), target.counts().clashing()));
        }
        return new Compared(parts, torsionErrors);
    }

    private List<Part> distributions(Tape tape, Stage1Output.Distributions output, LossTarget target, long step) {
        List<Part> parts = new ArrayList<>();
        double[] weights = target.torsionWeights(config.focus(step));
        if (config.chi() > 0) {
            parts.add(sum(LossTerm.CHI, chi(tape, output.logits(), target, weights)));
        }
        if (config.chiDraft() > 0) {
            output.drafts().stream().map(draft -> chi(tape, draft, target, weights)).reduce((a, b) -> Ops.add(tape, a, b))
                    .ifPresent(sum -> parts.add(sum(LossTerm.CHI_DRAFT, sum)));
        }
        return parts;
    }

    private Tensor chi(Tape tape, Tensor logits, LossTarget target, double[] weights) {
        AngleBins bins = new AngleBins(logits.shape().dim(2));
        return LossKernels.of(tape.device()).chi(tape, bins, logits, target.torsions(), weights, config.torsionClasses().chis());
    }

    private static Part sum(LossTerm term, Tensor sum) {
        return new Part(term, sum, new double[] {1});
    }

    private List<LossKernels.Share> shares(List<Part> parts, LossSums denominators) {
        return parts.stream().map(part -> new LossKernels.Share(part.values(), part.factors(), weight(part.term(), denominators))).toList();
    }

    private double weight(LossTerm term, LossSums denominators) {
        return denominators.denominator(term) == 0 ? 0 : config.weight(term) / denominators.denominator(term);
    }

    private static Numbers numbers(Compared compared, double[] numbers, LossSums denominators) {
        List<Part> parts = compared.parts();
        LossSums sums = LossSums.zero().plus(denominators);
        for (int p = 0; p < parts.size(); p++) {
            LossTerm term = parts.get(p).term();
            sums.set(term, numbers[p], sums.denominator(term));
        }
        if (compared.torsionErrors() != null) {
            sums.setTorsionErrors(Arrays.copyOfRange(numbers, parts.size() + 1, numbers.length));
        }
        return new Numbers(sums, numbers[parts.size()]);
    }
}
