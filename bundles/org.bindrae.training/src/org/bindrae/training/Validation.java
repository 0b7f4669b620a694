package org.bindrae.training;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Future;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.TensorArena;

/** Runs the network with its averaged weights over the validation samples. */
final class Validation {
    /** The loss is that of the end of the warm-up, so that early and late validations can be compared. */
    private static final long AFTER_WARM_UP = Long.MAX_VALUE;
    private static final double RIGHT = StrictMath.cos(Math.toRadians(20));
    private static final int CHI1 = 3;

    private final TrainingSet set;
    private final List<int[]> batches;
    private final BatchLoader loader;
    private final Losses losses;
    private final TensorArena arena;

    Validation(TrainingConfig config, TrainingSet set, BatchLoader loader, Losses losses, TensorArena arena) {
        this.set = set;
        this.batches = new Batches(config.batchResidues(), config.batchSamples(), config.seed()).inOrder(BatchLoader.lengths(set));
        this.loader = loader;
        this.losses = losses;
        this.arena = arena;
    }

    /** What a validation found. */
    record Result(LossSums losses, double chi1Accuracy, int residues) {
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    /**
     * @throws InterruptedException when the thread was interrupted: nothing is known then
     */
    Result run(Checkpoint.Trained trained, AttentionBackend backend, TrainingListener listener) throws IOException, InterruptedException {
        LossSums sums = LossSums.zero();
        int residues = 0;
        int right = 0;
        int known = 0;
        int samples = 0;
        try (var _ = trained.averages().swapIn()) {
            Future<List<PreparedBatch>> next = start(0);
            for (int b = 0; b < batches.size(); b++) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                PreparedBatch batch = BatchLoader.take(next).getFirst();
                next = start(b + 1);
                try {
                    Tape tape = Tape.inference(arena);
                    Stage1Output output = trained.model().forward(tape, batch.input(), backend);
                    sums = sums.plus(losses.of(tape, output, batch.target(), AFTER_WARM_UP, losses.denominators(batch.target(), AFTER_WARM_UP)).sums());
                    right += chi1Right(output.torsions().toDoubles(), batch.target());
                } finally {
                    arena.reset();
                }
                known += chi1Known(batch.target());
                residues += batch.residues();
                samples += batch.ids().size();
                listener.validating(samples, set.size());
            }
        }
        return new Result(sums, known == 0 ? Double.NaN : (double) right / known, residues);
    }

    private Future<List<PreparedBatch>> start(int batch) {
        return batch < batches.size() ? loader.start(set, batches.subList(batch, batch + 1), BatchLoader.VALIDATION) : null;
    }

    private static int chi1Known(LossTarget target) {
        int known = 0;
        for (int i = CHI1; i < target.torsions().mask().length; i += ResidueConstants.TORSIONS) {
            known += target.torsions().mask()[i] ? 1 : 0;
        }
        return known;
    }

    private static int chi1Right(double[] predicted, LossTarget target) {
        Torsions torsions = target.torsions();
        int right = 0;
        for (int i = CHI1; i < torsions.mask().length; i += ResidueConstants.TORSIONS) {
            double cosine = predicted[2 * i] * torsions.sinCos()[2 * i] + predicted[2 * i + 1] * torsions.sinCos()[2 * i + 1];
            right += torsions.mask()[i] && cosine >= RIGHT ? 1 : 0;
        }
        return right;
    }
}
