package org.bindrae.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.edge.EdgeFeatures;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.Timing;
import org.bindrae.tensor.nn.Parameters;

/**
 * Times one layer, or only what its backend does, on random data. Two sets of inputs take turns.
 *
 * @param config sizes of the layer, with factors or without pair term
 * @param packing lengths of the sequences
 */
public record AttentionBenchmark(IpaConfig config, Packing packing, Device device, DType dtype, AttentionBackend backend) {
    private static final int SETS = 2;
    private static final int NOISE = 1 << 20;
    /** Å; a protein of a few hundred residues. */
    private static final double RADIUS = 20;
    private static final double NM_PER_ANGSTROM = 0.1;

    /**
     * Milliseconds and memory.
     *
     * @param forward without gradients
     * @param both forward and backward; null when it was not asked for
     * @param forwardBytes peak memory of activations of the forward pass alone, inputs not counted
     * @param keptBytes what a forward pass has left for the backward pass; 0 when that was not asked for
     * @param bothBytes peak memory with gradients, those of the inputs not counted
     */
    public record Result(Timing forward, Timing both, long forwardBytes, long keptBytes, long bothBytes) {
    }

    /** Times the attention between the linear layers. */
    public Result attention(boolean backward) {
        return time(backward, this::attentionInputs, (tape, inputs) -> backend.attend(tape, inputs));
    }

    /** Times the layer with its linear maps. */
    public Result layer(boolean backward) {
        try (Parameters parameters = new Parameters(device, dtype, 1)) {
            IpaLayer layer = new IpaLayer(parameters, config);
            return time(backward, this::layerInputs,
                    (tape, inputs) -> layer.forward(tape, inputs.s, inputs.edges, inputs.rot, inputs.trans, packing, backend));
        }
    }

    private interface Inputs<T> {
        T make(TensorArena arena, Tape leaves, SplittableRandom random);
    }

    private interface Forward<T> {
        Tensor run(Tape tape, T inputs);
    }

    private <T> Result time(boolean backward, Inputs<T> inputs, Forward<T> forward) {
        try (TensorArena lasting = device.arena(); TensorArena step = device.arena(); TensorArena withGradients = device.arena()) {
            List<T> sets = new ArrayList<>();
            SplittableRandom random = new SplittableRandom(1);
            for (int set = 0; set < SETS; set++) {
                sets.add(inputs.make(lasting, Tape.recording(lasting), random));
            }
            Timing alone = Timing.of(device, repeat -> {
                step.reset();
                device.step(() -> forward.run(Tape.inference(step), sets.get(repeat % SETS)));
            });
            long[] kept = {0};
            Timing both = !backward ? null : Timing.of(device, repeat -> {
                withGradients.reset();
                device.step(() -> {
                    Tape tape = Tape.recording(withGradients);
                    Tensor result = forward.run(tape, sets.get(repeat % SETS));
                    kept[0] = withGradients.used();
                    tape.backward(result, 1);
                });
            });
            return new Result(alone, both, step.peak(), kept[0], withGradients.peak());
        }
    }

    private record LayerInputs(Tensor s, EdgeFeatures edges, Tensor rot, Tensor trans) {
    }

    private LayerInputs layerInputs(TensorArena arena, Tape leaves, SplittableRandom random) {
        int rank = config.rank();
        EdgeFeatures edges = config.cZ() == 0 ? new EdgeFeatures.None()
                : new EdgeFeatures.Factors(noise(arena, leaves, random, 1, packing.total(), rank, config.cZ()),
                        noise(arena, leaves, random, 1, packing.total(), rank, config.cZ()));
        return new LayerInputs(noise(arena, leaves, random, 1, packing.total(), config.cS()), edges, rotations(arena, leaves, random),
                noise(arena, leaves, random, RADIUS, packing.total(), 3));
    }

    private AttentionInputs attentionInputs(TensorArena arena, Tape leaves, SplittableRandom random) {
        int rows = packing.total();
        int heads = config.heads();
        PairTerm pair = config.cZ() == 0 ? new PairTerm.None()
                : new PairTerm.Factors(noise(arena, leaves, random, 1, rows, config.rank() * heads),
                        noise(arena, leaves, random, 1, rows, config.rank() * heads),
                        noise(arena, leaves, random, 1, rows, config.rank() * config.cDown()),
                        noise(arena, leaves, random, 1, rows, config.rank() * config.cDown()));
        return new AttentionInputs(config, packing, noise(arena, leaves, random, 1, rows, heads * config.cHidden()),
                noise(arena, leaves, random, 1, rows, 2 * heads * config.cHidden()), noise(arena, leaves, random, 1, rows, 3 * heads * config.qkPoints()),
                noise(arena, leaves, random, 1, rows, 3 * heads * (config.qkPoints() + config.vPoints())), rotations(arena, leaves, random),
                noise(arena, leaves, random, RADIUS * NM_PER_ANGSTROM, rows, 3), noise(arena, leaves, random, 1, heads), pair);
    }

    private Tensor rotations(TensorArena arena, Tape leaves, SplittableRandom random) {
        double[] values = AttentionTrial.rotations(packing.total(), random.nextLong());
        return leaf(leaves, arena.allocate(dtype, Shape.of(packing.total(), 9)).set(values));
    }

    /** With memory for its gradient that lasts as long as it does, not only for a step. */
    private static Tensor leaf(Tape leaves, Tensor values) {
        Tensor leaf = leaves.variable(values);
        leaves.gradient(leaf);
        return leaf;
    }

    /** Normal numbers; large tensors repeat a stretch of them. */
    private Tensor noise(TensorArena arena, Tape leaves, SplittableRandom random, double deviation, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < NOISE ? (float) (deviation * random.nextGaussian()) : values[i - NOISE];
        }
        return leaf(leaves, arena.allocate(dtype, shape).set(values));
    }
}
