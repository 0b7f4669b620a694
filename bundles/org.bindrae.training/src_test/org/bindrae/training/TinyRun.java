package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.data.Sample;
import org.bindrae.data.Split;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.cpu.CpuDevice;

/** A training run of a tiny network on a few small complexes: some hundred steps a second. */
final class TinyRun {
    static final AttentionBackends.Choice FLASH = new AttentionBackends.Choice(new FlashCpuBackend(), "for tests");
    static final AttentionBackends.Choice REFERENCE = new AttentionBackends.Choice(new ReferenceBackend(), "for tests");
    private static final int WIDTH = 6;

    private TinyRun() {
    }

    /** Four epochs of five steps of up to two batches; validation after each epoch, checkpoints every three steps. */
    static TrainingConfig config() {
        return new TrainingConfig(Task.REPACK, 0.5, 10, 0.03, 3, 4, 30, 2, 2, 2e-3, 5, 0.01, 1, 0.99, 0, 3, 2, Monitor.LOSS, 0,
                LossConfig.defaults());
    }

    static TrainingConfig with(TrainingConfig c, Task task, long seed, int epochs, Monitor monitor, int patience) {
        return new TrainingConfig(task, c.positionNoise(), c.rotationNoise(), c.coordinateNoise(), seed, epochs, c.batchResidues(),
                c.batchSamples(),
                c.accumulation(), c.learningRate(), c.warmUpSteps(), c.weightDecay(), c.gradientClip(), c.ema(), c.validationInterval(), c.checkpointInterval(),
                c.keepCheckpoints(), monitor, patience, c.loss());
    }

    /** One large batch per step, or several small ones; double precision. */
    static TrainingConfig exact(int batchSamples, int accumulation) {
        TrainingConfig c = config();
        return new TrainingConfig(Task.REPACK, 0, 0, 0, c.seed(), 3, 1000, batchSamples, accumulation, c.learningRate(), c.warmUpSteps(),
                c.weightDecay(), c.gradientClip(), c.ema(), 0, 0, 1, c.monitor(), 0, c.loss());
    }

    static Stage1Config network(boolean updateFrames, double dropout) {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(21, 6, 2, 8, true, true, 10);
        return new Stage1Config(WIDTH, 16, edge, attention, ligand, 2, 2, 8, dropout, false, updateFrames, 15, 1.5, true);
    }

    static Stage1Model model(CpuDevice device, boolean updateFrames) {
        return new Stage1Model(device, DType.F32, network(updateFrames, 0.1), new Flash1dBias(), 3);
    }

    static List<Sample> samples(String name, int count) {
        long seed = 100L * name.hashCode();
        return IntStream.range(0, count)
                .mapToObj(i -> i == 0 ? RandomComplex.damaged(name + i, i) : RandomComplex.whole(name + i, 8 + 3 * i % 11, seed + i)).toList();
    }

    static TrainingSet set(List<Sample> samples) {
        return TrainingSet.of(samples, embedder(), EmbeddingConfig.defaults());
    }

    static ResidueEmbedder embedder() {
        return new RandomEmbedder();
    }

    static TrainingSet training() {
        return set(samples("t", 14));
    }

    static TrainingSet validation() {
        return set(samples("v", 4));
    }

    static RunDirectory create(Path folder) throws IOException {
        return RunDirectory.create(folder, "{}\n", split());
    }

    static Split split() {
        return new Split("test", 1, Map.of(), ids(training()), ids(validation()), List.of());
    }

    private static List<String> ids(TrainingSet set) {
        return IntStream.range(0, set.size()).mapToObj(set::id).toList();
    }

    /** Starts or goes on. */
    static TrainingResult train(Path folder, TrainingConfig config, int threads, TrainingListener listener) throws IOException {
        return train(folder, config, threads, listener, () -> FLASH);
    }

    static TrainingResult train(Path folder, TrainingConfig config, int threads, TrainingListener listener,
            Supplier<AttentionBackends.Choice> backends) throws IOException {
        try (RunDirectory run = Files.exists(RunDirectory.configFile(folder)) ? RunDirectory.resume(folder) : create(folder)) {
            return train(run, config, threads, listener, backends);
        }
    }

    static TrainingResult train(RunDirectory run, TrainingConfig config, int threads, TrainingListener listener,
            Supplier<AttentionBackends.Choice> backends) throws IOException {
        try (CpuDevice device = new CpuDevice(threads, true); Stage1Model model = model(device, config.task() == Task.DENOISE)) {
            return new Trainer(config, model, training(), validation(), backends, run, listener).run();
        }
    }

    /** Steps, and how it ended, as they are heard. */
    static final class Ear implements TrainingListener {
        final List<StepReport> steps = new ArrayList<>();
        final List<ValidationReport> validations = new ArrayList<>();
        final List<String> backends = new ArrayList<>();
        final List<String> pauses = new ArrayList<>();

        @Override
        public void stepped(StepReport report) {
            steps.add(report);
        }

        @Override
        public void validated(ValidationReport report) {
            validations.add(report);
        }

        @Override
        public void backendChosen(AttentionBackends.Choice choice) {
            backends.add(choice.backend().name());
        }

        @Override
        public void paused(String reason) {
            pauses.add(reason);
        }
    }

    /** Numbers that say what type a residue is. */
    private record RandomEmbedder() implements ResidueEmbedder {
        @Override
        public String name() {
            return "random";
        }

        @Override
        public int width(EmbeddingConfig config) {
            return WIDTH;
        }

        @Override
        public float[] embed(Sample sample, EmbeddingConfig config) {
            int[] types = sample.residues().types();
            float[] all = new float[types.length * WIDTH];
            for (int i = 0; i < all.length; i++) {
                all[i] = (float) Philox.normal(1, types[i / WIDTH], i % WIDTH);
            }
            return all;
        }
    }
}
