package org.bindrae.training;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Takes the steps of the optimiser. */
final class StepRunner {
    private static final long DROPOUT = Philox.stream("dropout");

    private final TrainingConfig config;
    private final Losses losses;
    private final Checkpoint.Trained trained;
    private final TensorArena arena;

    StepRunner(TrainingConfig config, Losses losses, Checkpoint.Trained trained, TensorArena arena) {
        this.config = config;
        this.losses = losses;
        this.trained = trained;
        this.arena = arena;
    }

    /**
     * What a step found before it changed the weights.
     *
     * @param activationBytes largest memory of activations and their gradients that any batch has needed so far
     */
    record Result(LossSums losses, double gradientNorm, int residues, long activationBytes) {
    }

    /**
     * Adds up the gradients of all batches and changes the weights once.
     *
     * @param done steps done before
     * @throws DivergenceException when the loss or its gradient is not a number; the weights are as before
     */
    Result step(long done, List<PreparedBatch> batches, double learningRate, AttentionBackend backend) {
        Stage1Model model = trained.model();
        model.warmUp(done);
        model.parameters().zeroGradients();
        LossSums denominators = LossSums.zero();
        for (PreparedBatch batch : batches) {
            denominators = denominators.plus(losses.denominators(batch.target(), done));
        }
        LossSums sums = LossSums.zero();
        int residues = 0;
        for (int b = 0; b < batches.size(); b++) {
            PreparedBatch batch = batches.get(b);
            try {
                Tape tape = Tape.training(arena, seed(done, b));
                Stage1Output output = model.forward(tape, batch.input(), backend);
                Losses.Value value = losses.of(tape, output, batch.target(), done, denominators);
                requireFinite(done, batch, value);
                sums = sums.plus(value.sums());
                residues += batch.residues();
                tape.backward(value.total());
            } finally {
                arena.reset();
            }
        }
        double norm = trained.optimiser().step(learningRate, 1, config.gradientClip());
        if (!Double.isFinite(norm)) {
            throw diverged(done, "the gradient of " + notFinite(model) + " is not finite", batches);
        }
        trained.averages().update();
        return new Result(sums, norm, residues, arena.peak());
    }

    private long seed(long step, int batch) {
        int[] words = new int[4];
        Philox.block(config.seed(), DROPOUT, step << 16 | batch, words);
        return (long) words[0] << 32 | words[1] & 0xFFFFFFFFL;
    }

    private void requireFinite(long done, PreparedBatch batch, Losses.Value value) {
        for (LossTerm term : LossTerm.values()) {
            double mean = value.sums().mean(term);
            if (!Double.isFinite(mean)) {
                throw diverged(done, "the " + term.key() + " loss is " + mean, List.of(batch));
            }
        }
        if (!Double.isFinite(value.total().item())) {
            throw diverged(done, "the loss is " + value.total().item(), List.of(batch));
        }
    }

    private static DivergenceException diverged(long done, String what, List<PreparedBatch> batches) {
        String ids = batches.stream().flatMap(batch -> batch.ids().stream()).collect(Collectors.joining(", "));
        return new DivergenceException("step " + (done + 1) + ": " + what + " in the batch of " + ids
                + "; the weights and checkpoints are as before this step. Lower the learning rate, or look at these samples");
    }

    private static String notFinite(Stage1Model model) {
        return model.parameters().trainable().entrySet().stream().filter(entry -> !finite(entry.getValue())).map(Map.Entry::getKey).findFirst()
                .orElse("all parameters together");
    }

    private static boolean finite(Tensor parameter) {
        return parameter.device().kernels().allFinite(parameter.gradient());
    }
}
