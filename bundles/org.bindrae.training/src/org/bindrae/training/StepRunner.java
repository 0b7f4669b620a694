package org.bindrae.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.HostDevice;
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

    /** A batch whose losses the device computes. */
    private record Compared(PreparedBatch batch, Losses.Value value) {
    }

    /**
     * Adds up the gradients of all batches and changes the weights once, without waiting for the device. After a step that changed nothing because something
     * was not finite, no further one changes anything.
     *
     * @param done steps done before
     * @return waits for the device; throws DivergenceException when the loss or its gradient is not a number: the weights are as before then
     */
    Supplier<Result> step(long done, List<PreparedBatch> batches, double learningRate, AttentionBackend backend) {
        Stage1Model model = trained.model();
        model.warmUp(done);
        List<LossSums> own = batches.stream().map(batch -> losses.denominators(batch.target(), done)).toList();
        LossSums denominators = own.stream().reduce(LossSums.zero(), LossSums::plus);
        List<Compared> compared = new ArrayList<>();
        AtomicReference<DoubleSupplier> norm = new AtomicReference<>();
        arena.device().step(() -> {
            model.parameters().zeroGradients();
            for (int b = 0; b < batches.size(); b++) {
                compared.add(differentiate(done, b, batches.get(b), own.get(b), denominators, backend));
            }
            norm.set(trained.optimiser().stepLater(learningRate, 1, config.gradientClip()));
            trained.averages().updateAfter(trained.optimiser());
        });
        long activationBytes = arena.peak();
        return () -> result(done, compared, norm.get().getAsDouble(), activationBytes);
    }

    /**
     * Computes a step again that changed nothing because something was not finite, to see what the backend makes of it; changes nothing but gradients.
     *
     * @return what the backend did wrong, as the end of "it …"; null when it is not to blame
     */
    String diagnose(long done, List<PreparedBatch> batches, BackendGuard guard) {
        AttentionProbe probe = new AttentionProbe(guard.choice().backend());
        boolean finite = guard.with(probe).call(batches, backend -> isFinite(done, batches, backend));
        return probe.fault(finite, "step " + (done + 1));
    }

    private boolean isFinite(long done, List<PreparedBatch> batches, AttentionBackend backend) {
        Stage1Model model = trained.model();
        model.warmUp(done);
        model.parameters().zeroGradients();
        LossSums denominators = batches.stream().map(batch -> losses.denominators(batch.target(), done)).reduce(LossSums.zero(), LossSums::plus);
        boolean finite = true;
        for (int b = 0; b < batches.size(); b++) {
            try {
                Tape tape = Tape.training(arena, seed(done, b));
                PreparedBatch batch = batches.get(b);
                Stage1Output output = model.forward(tape, batch.input(), batch.embeddings(), batch.target().torsions(), backend);
                Losses.Value value = losses.of(tape, output, batch.target(), done, losses.denominators(batch.target(), done), denominators, null);
                finite &= Double.isFinite(value.numbers().get().total());
                tape.backward(value.total());
            } finally {
                arena.reset();
            }
        }
        return finite && model.parameters().trainable().values().stream().allMatch(StepRunner::finite);
    }

    private Compared differentiate(long done, int number, PreparedBatch batch, LossSums own, LossSums denominators, AttentionBackend backend) {
        try {
            Tape tape = Tape.training(arena, seed(done, number));
            Stage1Output output = trained.model().forward(tape, batch.input(), batch.embeddings(), batch.target().torsions(), backend);
            Losses.Value value = losses.of(tape, output, batch.target(), done, own, denominators, trained.optimiser().progress());
            if (arena.device() instanceof HostDevice) {
                // the host knows already, and need not go on
                requireFinite(done, batch, value.numbers().get());
            }
            tape.backward(value.total());
            return new Compared(batch, value);
        } finally {
            arena.reset();
        }
    }

    private Result result(long done, List<Compared> compared, double norm, long activationBytes) {
        LossSums sums = LossSums.zero();
        int residues = 0;
        for (Compared one : compared) {
            Losses.Numbers numbers = one.value().numbers().get();
            requireFinite(done, one.batch(), numbers);
            sums = sums.plus(numbers.sums());
            residues += one.batch().residues();
        }
        if (!Double.isFinite(norm)) {
            throw diverged(done, "the gradient of " + notFinite(trained.model()) + " is not finite", compared.stream().map(Compared::batch).toList());
        }
        return new Result(sums, norm, residues, activationBytes);
    }

    private long seed(long step, int batch) {
        int[] words = new int[4];
        Philox.block(config.seed(), DROPOUT, step << 16 | batch, words);
        return (long) words[0] << 32 | words[1] & 0xFFFFFFFFL;
    }

    private static void requireFinite(long done, PreparedBatch batch, Losses.Numbers numbers) {
        for (LossTerm term : LossTerm.values()) {
            double mean = numbers.sums().mean(term);
            if (!Double.isFinite(mean)) {
                throw diverged(done, "the " + term.key() + " loss is " + mean, List.of(batch));
            }
        }
        if (!Double.isFinite(numbers.total())) {
            throw diverged(done, "the loss is " + numbers.total(), List.of(batch));
        }
    }

    private static DivergenceException diverged(long done, String what, List<PreparedBatch> batches) {
        String ids = batches.stream().flatMap(batch -> batch.ids().stream()).collect(Collectors.joining(", "));
        return new DivergenceException("step " + (done + 1) + ": " + what + " in the batch of " + ids
                + "; the weights and checkpoints are as before this step. Lower the learning rate, or look at these samples");
    }

    /** Where the gradients are those of this step still. */
    private static String notFinite(Stage1Model model) {
        return model.parameters().trainable().entrySet().stream().filter(entry -> !finite(entry.getValue())).map(Map.Entry::getKey).findFirst()
                .orElse("all parameters together");
    }

    private static boolean finite(Tensor parameter) {
        return parameter.device().kernels().allFinite(parameter.gradient());
    }
}
