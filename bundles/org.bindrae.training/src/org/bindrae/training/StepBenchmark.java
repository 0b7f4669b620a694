package org.bindrae.training;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.edge.EdgeMode;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.Timing;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;

/**
 * Times whole training steps (forward, losses, backward, optimiser, moving averages) on synthetic complexes. Several batches take turns.
 *
 * @param lengths residues of each complex of a batch
 * @param ligandAtoms of each complex
 */
public record StepBenchmark(Workbench.Place place, AttentionBackend backend, EdgeMode edgeMode, Stage1Config model, int[] lengths, int ligandAtoms) {
    private static final int BATCHES = 4;
    private static final int PIPELINED = 50;
    /** Until what records a step is machine code, as it is in all but the first seconds of a training. */
    private static final double WARM_UP_SECONDS = 3;
    /** Behind the warm-ups, so that everything takes part. */
    private static final long FIRST_STEP = 10_000;

    /**
     * What was measured.
     *
     * @param device the device's work for one step, milliseconds
     * @param wallMillis from step to step while steps follow one another, the host's work included
     * @param activationBytes peak memory of activations and their gradients
     * @param kernels of one step, each waited for
     * @param loss of the last step, to see that it is a number
     */
    public record Result(Timing device, double wallMillis, long activationBytes, long parameters, List<Device.KernelTime> kernels,
            double loss) {
    }

    /** Takes the steps. */
    public Result run() {
        TrainingConfig config = TrainingConfig.defaults();
        Losses losses = new Losses(config.loss());
        try (Stage1Model network = new Stage1Model(place.device(), place.dtype(), model, edgeMode, config.seed());
                AdamW optimiser = new AdamW(network.parameters(), config.optimiser());
                Ema averages = new Ema(network.parameters(), config.ema());
                TensorArena arena = place.device().arena()) {
            StepRunner runner = new StepRunner(config, losses, new Checkpoint.Trained(network, optimiser, averages), arena);
            List<PreparedBatch> batches = new ArrayList<>();
            for (int b = 0; b < BATCHES; b++) {
                batches.add(SyntheticComplex.batch(model, losses, lengths, ligandAtoms, b).on(place.device(), place.dtype(), losses));
            }
            Steps steps = new Steps(runner, batches, config.learningRate());
            warmUp(steps);
            Timing device = Timing.of(place.device(), _ -> steps.next());
            long start = System.nanoTime();
            for (int i = 0; i < PIPELINED; i++) {
                steps.next();
            }
            place.device().synchronize();
            double wall = (System.nanoTime() - start) * 1e-6 / PIPELINED;
            List<Device.KernelTime> kernels = place.device().profile(steps::next);
            batches.forEach(PreparedBatch::close);
            return new Result(device, wall, arena.peak(), network.parameters().count(), kernels, steps.loss(config.loss()));
        }
    }

    private void warmUp(Steps steps) {
        if (!(place.device() instanceof HostDevice)) {
            long end = System.nanoTime() + (long) (WARM_UP_SECONDS * 1e9);
            while (System.nanoTime() < end) {
                steps.next();
            }
            place.device().synchronize();
        }
    }

    private final class Steps {
        private final StepRunner runner;
        private final List<PreparedBatch> batches;
        private final double learningRate;
        private long done = FIRST_STEP;
        private Supplier<StepRunner.Result> last;

        Steps(StepRunner runner, List<PreparedBatch> batches, double learningRate) {
            this.runner = runner;
            this.batches = batches;
            this.learningRate = learningRate;
        }

        void next() {
            last = runner.step(done, List.of(batches.get((int) (done % batches.size()))), learningRate, backend);
            done++;
        }

        double loss(LossConfig config) {
            return last.get().losses().total(config);
        }
    }
}
