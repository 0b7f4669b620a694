package org.bindrae.training;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.nn.AdamW;

/**
 * How a network is trained. A step is one update of the weights, from {@code accumulation} batches.
 *
 * @param task what is given and what is to be found
 * @param positionNoise standard deviation of the shift of each backbone frame along each axis in {@link Task#DENOISE}, Å
 * @param rotationNoise standard deviation of the angle by which each backbone frame is turned in {@link Task#DENOISE}, degrees
 * @param coordinateNoise standard deviation of the shift along each axis of each backbone frame that a network sees in training for {@link Task#REPACK}, Å; makes it
 *            steady against the rounding of coordinates, which may change the order of near neighbours
 * @param seed of initial weights, dropout, the order of samples and noise
 * @param epochs passes over the training samples
 * @param batchResidues residues of a batch at most; a longer sample forms a batch of its own
 * @param batchSamples samples of a batch at most
 * @param accumulation batches per step
 * @param learningRate after the warm-up; falls along a half cosine to {@link #FINAL_RATE} of it
 * @param warmUpSteps steps over which the learning rate grows from 0
 * @param weightDecay of AdamW, on weight matrices
 * @param gradientClip largest norm of all gradients together
 * @param ema decay of the moving average of the weights that validation and prediction use
 * @param validationInterval steps between validations; 0 validates after each epoch
 * @param checkpointInterval steps between checkpoints; 0 writes one after each epoch
 * @param keepCheckpoints latest checkpoints that are kept, beside the best
 * @param monitor which validation result counts
 * @param patience validations without a better result after which training stops; 0 never stops early
 * @param loss weights of the loss terms
 */
public record TrainingConfig(Task task, double positionNoise, double rotationNoise, double coordinateNoise, long seed, int epochs,
        int batchResidues, int batchSamples,
        int accumulation, double learningRate, int warmUpSteps, double weightDecay, double gradientClip, double ema, int validationInterval,
        int checkpointInterval, int keepCheckpoints, Monitor monitor, int patience, LossConfig loss) {
    /** Where the learning rate ends, as a fraction of its largest value. */
    public static final double FINAL_RATE = 0.01;

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPS = 1e-8;

    public static TrainingConfig defaults() {
        return new TrainingConfig(Task.REPACK, 0.5, 10, 0.03, 1, 20, 1200, 16, 1, 5e-4, 500, 0.01, 1, 0.999, 0, 0, 3, Monitor.LOSS, 10,
                LossConfig.defaults());
    }

    /** For a network of distributions over χ: all residues count alike, and batches are large. */
    public static TrainingConfig packer() {
        TrainingConfig c = defaults();
        LossConfig.TorsionClasses shares = new LossConfig.TorsionClasses(0, 0, 0, 1, 0.7, 0.3, 0.3);
        LossConfig loss = new LossConfig(0, 0, 0, 0, 0, 0, c.loss.chi(), c.loss.chiDraft(), shares, 0, 0);
        return new TrainingConfig(c.task, c.positionNoise, c.rotationNoise, c.coordinateNoise, c.seed, 100, 10_000, 1000, 1, 1e-3, c.warmUpSteps, 0.02,
                c.gradientClip, c.ema, c.validationInterval, c.checkpointInterval, c.keepCheckpoints, Monitor.CHI1, 0, loss);
    }

    /** How the weights are updated: moments decay as is usual, the weights as configured. */
    public AdamW.Settings optimiser() {
        return new AdamW.Settings(BETA1, BETA2, EPS, weightDecay);
    }

    /** Fails when a value cannot be used: IllegalArgumentException with one sentence for each, separated by semicolons. */
    public void validate() {
        List<String> problems = new ArrayList<>();
        present(problems, "task", task);
        present(problems, "monitor", monitor);
        notNegative(problems, "positionNoise", positionNoise);
        notNegative(problems, "rotationNoise", rotationNoise);
        notNegative(problems, "coordinateNoise", coordinateNoise);
        atLeast(problems, "epochs", epochs, 1);
        atLeast(problems, "batchResidues", batchResidues, 1);
        atLeast(problems, "batchSamples", batchSamples, 1);
        atLeast(problems, "accumulation", accumulation, 1);
        positive(problems, "learningRate", learningRate);
        atLeast(problems, "warmUpSteps", warmUpSteps, 0);
        notNegative(problems, "weightDecay", weightDecay);
        positive(problems, "gradientClip", gradientClip);
        if (!(ema >= 0 && ema < 1)) {
            problems.add("ema must be at least 0 and less than 1, not " + ema);
        }
        atLeast(problems, "validationInterval", validationInterval, 0);
        atLeast(problems, "checkpointInterval", checkpointInterval, 0);
        atLeast(problems, "keepCheckpoints", keepCheckpoints, 1);
        atLeast(problems, "patience", patience, 0);
        if (loss == null) {
            problems.add("loss is missing");
        } else {
            problems.addAll(loss.problems());
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /**
     * Fails where another configuration is that of another run: what a network sees at each step, and how many steps there are, must stay.
     *
     * @throws IllegalStateException naming the settings that cannot change during a run
     */
    public void requireSameRun(TrainingConfig other) {
        List<String> changed = new ArrayList<>();
        same(changed, "task", task, other.task);
        same(changed, "positionNoise", positionNoise, other.positionNoise);
        same(changed, "rotationNoise", rotationNoise, other.rotationNoise);
        same(changed, "coordinateNoise", coordinateNoise, other.coordinateNoise);
        same(changed, "seed", seed, other.seed);
        same(changed, "epochs", epochs, other.epochs);
        same(changed, "batchResidues", batchResidues, other.batchResidues);
        same(changed, "batchSamples", batchSamples, other.batchSamples);
        same(changed, "accumulation", accumulation, other.accumulation);
        if (!changed.isEmpty()) {
            throw new IllegalStateException(String.join(", ", changed) + " cannot change during a run");
        }
    }

    /** Whether results of validations can be compared with those under another configuration. */
    boolean validatesLike(TrainingConfig other) {
        return monitor == other.monitor && loss.equals(other.loss);
    }

    private static void same(List<String> changed, String name, Object here, Object there) {
        if (!here.equals(there)) {
            changed.add("training." + name);
        }
    }

    private static void present(List<String> problems, String name, Object value) {
        if (value == null) {
            problems.add(name + " is missing");
        }
    }

    private static void atLeast(List<String> problems, String name, int value, int least) {
        if (value < least) {
            problems.add(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void notNegative(List<String> problems, String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            problems.add(name + " must be 0 or more, not " + value);
        }
    }

    private static void positive(List<String> problems, String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            problems.add(name + " must be more than 0, not " + value);
        }
    }
}
