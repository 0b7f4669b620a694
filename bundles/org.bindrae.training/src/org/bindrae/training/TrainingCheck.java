package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.data.ProgressListener;
import org.bindrae.edge.EdgeMode;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;

/**
 * Trains a small network on a device: its first step is compared with the processor in double precision, repeated steps must give the same bits, and many steps
 * must stay finite and leave no memory taken.
 *
 * @param backend attention on {@code place}
 * @param hostBackend attention on the processor
 * @param repeats how often the first steps are repeated; 0 to leave that out
 * @param steps how many steps must stay finite and not take more and more memory; 0 to leave that out
 */
public record TrainingCheck(Workbench.Place place, AttentionBackend backend, Workbench.Place host, AttentionBackend hostBackend, EdgeMode edgeMode,
        int repeats, int steps) {
    private static final int[] LENGTHS = {40, 29};
    private static final int LIGAND_ATOMS = 12;
    private static final int EMBEDDING = 32;
    private static final int SETTLED = 20;
    /** Behind the warm-ups, so that everything takes part. */
    private static final long FIRST_STEP = 10_000;
    /** How far parameters move to and fro along their gradient: losses have some sixteen digits, and hardly any kink on the way. */
    private static final double MOVE = 1e-6;
    private static final double DIFFERENCE_TOLERANCE = 1e-5;

    /** Takes the steps. */
    public List<VectorRow> run(ProgressListener progress) {
        List<VectorRow> rows = new ArrayList<>(gradients());
        if (repeats > 0) {
            rows.add(repetition(progress));
        }
        if (steps > 0) {
            rows.add(memory(progress));
        }
        return rows;
    }

    /** Without dropout, whose random numbers are the same but fall on rounded values. */
    private static Stage1Config model() {
        Stage1Config c = Stage1Config.small();
        return new Stage1Config(EMBEDDING, c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(), c.headWidth(), 0, c.preNorm(), true,
                c.maxTurn(), c.maxShift(), c.rotamerHead());
    }

    private List<VectorRow> gradients() {
        Map<String, double[]> ours = firstGradients(place, backend);
        Map<String, double[]> theirs = firstGradients(new Workbench.Place(host.device(), DType.F64), hostBackend);
        Precision precision = Precision.of(place.device(), place.dtype());
        // the loss is not smooth everywhere and the network is deep: a wrong operation shows as an error of the order of one
        double tolerance = Math.max(20 * precision.tolerance(), 1e-6);
        List<VectorRow> each = VectorRow.relative(ours, theirs, precision, tolerance);
        double worst = each.stream().mapToDouble(VectorRow::error).reduce(0, Math::max);
        List<VectorRow> rows = new ArrayList<>(List.of(new VectorRow("gradients of all parameters, together", distance(ours, theirs), tolerance),
                new VectorRow("gradient of the parameter that differs most", worst, 10 * tolerance)));
        if (precision == Precision.FP64) {
            double norm = Math.sqrt(ours.values().stream().flatMapToDouble(Arrays::stream).map(g -> g * g).sum());
            double difference = (loss(ours, MOVE / norm) - loss(ours, -MOVE / norm)) / (2 * MOVE);
            rows.add(new VectorRow("finite difference of the loss along the gradient", Math.abs(difference - norm) / norm, DIFFERENCE_TOLERANCE));
        }
        return rows;
    }

    /** The loss with parameters moved so many times their gradient. */
    private double loss(Map<String, double[]> gradients, double factor) {
        try (Stage1Model network = network(place); Run run = new Run(network, backend)) {
            network.parameters().trainable().forEach((name, tensor) -> {
                double[] moved = tensor.toDoubles();
                double[] gradient = gradients.get(name);
                for (int i = 0; i < moved.length; i++) {
                    moved[i] += factor * gradient[i];
                }
                tensor.set(moved);
            });
            return run.step(0).get().losses().total(TrainingConfig.defaults().loss());
        }
    }

    private static double distance(Map<String, double[]> ours, Map<String, double[]> theirs) {
        double difference = 0;
        double norm = 0;
        for (Map.Entry<String, double[]> entry : theirs.entrySet()) {
            double[] own = ours.get(entry.getKey());
            for (int i = 0; i < own.length; i++) {
                difference += Math.pow(own[i] - entry.getValue()[i], 2);
                norm += Math.pow(entry.getValue()[i], 2);
            }
        }
        return Math.sqrt(difference / norm);
    }

    private Stage1Model network(Workbench.Place where) {
        return new Stage1Model(where.device(), where.dtype(), model(), edgeMode, TrainingConfig.defaults().seed());
    }

    private static Map<String, double[]> values(Stage1Model network) {
        Map<String, double[]> values = new LinkedHashMap<>();
        network.parameters().trainable().forEach((name, tensor) -> values.put(name, tensor.toDoubles()));
        return values;
    }

    private Map<String, double[]> firstGradients(Workbench.Place where, AttentionBackend attention) {
        try (Stage1Model network = network(where); Run run = new Run(network, attention)) {
            run.step(0);
            Map<String, double[]> gradients = new LinkedHashMap<>();
            network.parameters().trainable().forEach((name, tensor) -> gradients.put(name, tensor.gradient().toDoubles()));
            return gradients;
        }
    }

    private VectorRow repetition(ProgressListener progress) {
        Set<Integer> results = new HashSet<>();
        try (Stage1Model network = network(place)) {
            Map<String, double[]> initial = values(network);
            for (int repeat = 0; repeat < repeats; repeat++) {
                progress.progress(repeat, repeats, "repeats", "");
                network.parameters().trainable().forEach((name, tensor) -> tensor.set(initial.get(name)));
                try (Run run = new Run(network, backend)) {
                    run.step(0);
                    run.step(1);
                    results.add(values(network).values().stream().mapToInt(Arrays::hashCode).reduce(1, (a, b) -> 31 * a + b));
                }
            }
        }
        return new VectorRow(repeats + " repeats of two steps: different results", results.size() - 1, 0);
    }

    private VectorRow memory(ProgressListener progress) {
        place.device().synchronize();
        long before = place.device().reservedBytes();
        long settled = 0;
        long grown;
        try (Stage1Model network = network(place); Run run = new Run(network, backend)) {
            Supplier<StepRunner.Result> last = null;
            for (int step = 0; step < steps; step++) {
                progress.progress(step, steps, "steps", "");
                last = run.step(step);
                if (step == SETTLED) {
                    settled = place.device().reservedBytes();
                }
            }
            // nothing is finite any more after the first step that was not
            last.get();
            place.device().synchronize();
            grown = place.device().reservedBytes() - settled;
        } catch (DivergenceException e) {
            return new VectorRow(steps + " steps: " + e.getMessage(), Double.POSITIVE_INFINITY, 0);
        }
        place.device().synchronize();
        long left = place.device().reservedBytes() - before;
        return new VectorRow(steps + " steps: bytes that grew or were left", Math.max(0, grown) + Math.max(0, left), 0);
    }

    private final class Run implements AutoCloseable {
        private final AdamW optimiser;
        private final Ema averages;
        private final TensorArena arena;
        private final StepRunner runner;
        private final PreparedBatch batch;
        private final AttentionBackend attention;

        Run(Stage1Model network, AttentionBackend attention) {
            TrainingConfig config = TrainingConfig.defaults();
            Losses losses = new Losses(config.loss());
            optimiser = new AdamW(network.parameters(), config.optimiser());
            averages = new Ema(network.parameters(), config.ema());
            arena = network.parameters().device().arena();
            runner = new StepRunner(config, losses, new Checkpoint.Trained(network, optimiser, averages), arena);
            batch = SyntheticComplex.batch(model(), losses, LENGTHS, LIGAND_ATOMS, 1);
            this.attention = attention;
        }

        Supplier<StepRunner.Result> step(long number) {
            return runner.step(FIRST_STEP + number, List.of(batch), TrainingConfig.defaults().learningRate(), attention);
        }

        @Override
        public void close() {
            arena.close();
            averages.close();
            optimiser.close();
        }
    }
}
