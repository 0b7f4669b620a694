package org.bindrae.training.cuda.internal;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.osgi.service.component.annotations.Component;

/** The conditioner on CUDA: kernels of {@code gpu-native/src/conditioner}. */
public final class CudaConditioner implements ConditionerKernels {
    /** As the kernels say: threads of a block, tiles, and what a block takes. */
    private static final int THREADS = 256;
    private static final int PAIR_THREADS = 128;
    private static final int ATTENTION_THREADS = 64;
    private static final int HEADS = 8;
    private static final int WIDE = 4;
    private static final int VECTORS = 5;
    private static final int OUTPUTS = 8;
    private static final int MAP_THREADS = 128;
    private static final int TILE_M = 16;
    private static final int TILE_N = 80;
    private static final int CHUNK = 32;
    private static final int TILE_D = 48;
    private static final int TILE_J = 80;
    private static final int PACKS_PER_BLOCK = 64;
    /** Blocks that share all pairs, and those that also sum over pairs: as many as large cards hold at a time. */
    private static final int PAIR_BLOCKS = 1280;
    private static final int SUM_BLOCKS = 640;
    /** 16 MiB of inner values in fp32 at a width of 64. */
    private static final int PAIRS = 65536;

    private final Launches launches;
    private final TensorArena arena;
    private final Map<List<Double>, Tensor> slopes = new ConcurrentHashMap<>();

    /** Brings these operations to CUDA devices. */
    @Component(service = CudaOperations.class)
    public static final class Provider implements CudaOperations<ConditionerKernels> {
        @Override
        public Class<ConditionerKernels> type() {
            return ConditionerKernels.class;
        }

        @Override
        public ConditionerKernels on(CudaDevice device) {
            return new CudaConditioner(device);
        }
    }

    public CudaConditioner(CudaDevice device) {
        this.launches = new Launches(device, "conditioner");
        this.arena = device.arena();
    }

    @Override
    public int pairsAtATime() {
        return PAIRS;
    }

    @Override
    public void saturate(Tensor points, double unit, double radius, Tensor y) {
        launches.kernel("saturate", points).launch(Launches.blocks(points.rows(), THREADS), THREADS, points, unit, radius, y, points.rows());
    }

    @Override
    public void saturateBackward(Tensor points, double unit, double radius, Tensor dy, Tensor dx) {
        launches.kernel("saturate_backward", points).launch(Launches.blocks(points.rows(), THREADS), THREADS, points, unit, radius, dy, dx, points.rows());
    }

    @Override
    public HiddenPairs hidden(Tape tape, HiddenLayer layer, Tensor places, Tensor perToken, Tensor offsets) {
        return new CudaHiddenPairs(layer, places, perToken, offsets);
    }

    /** How many threads take a pair, with so many packs of four channels each. */
    private enum Grouping {
        HALF_WARP(16, 1), WARP(32, 2), BLOCK(128, 2);

        private final int lanes;
        private final int packs;

        Grouping(int lanes, int packs) {
            this.lanes = lanes;
            this.packs = packs;
        }

        private int channels() {
            return lanes * packs * WIDE;
        }

        private int pairsPerBlock() {
            return PAIR_THREADS / lanes;
        }

        private String kernel(String operation) {
            return operation + "_" + lanes + "x" + packs;
        }

        static Grouping of(int width) {
            for (Grouping grouping : values()) {
                if (width <= grouping.channels()) {
                    return grouping;
                }
            }
            throw new IllegalArgumentException("pair embeddings of " + width + " channels; on CUDA they have at most " + BLOCK.channels());
        }
    }

    private final class CudaHiddenPairs implements HiddenPairs {
        private final HiddenLayer layer;
        private final Tensor places;
        private final Tensor perToken;
        private final Tensor offsets;
        private final int width;
        private final Grouping grouping;

        CudaHiddenPairs(HiddenLayer layer, Tensor places, Tensor perToken, Tensor offsets) {
            this.layer = layer;
            this.places = places;
            this.perToken = perToken;
            this.offsets = offsets;
            this.width = perToken.columns();
            this.grouping = Grouping.of(width);
        }

        private int samples() {
            return offsets.columns() - 1;
        }

        private int stride() {
            return layer.weight().columns();
        }

        private int blocks(int rows, int most) {
            return Math.min(most, Launches.blocks(rows, grouping.pairsPerBlock()));
        }

        private int sharedBytes() {
            return VECTORS * grouping.channels() * places.dtype().bytes();
        }

        @Override
        public void activate(int from, Tensor active) {
            launches.kernel(grouping.kernel("activate"), places).launch(blocks(active.rows(), PAIR_BLOCKS), 1, 1, PAIR_THREADS, sharedBytes(),
                    layer.weight(), stride(), layer.gamma(), layer.beta(), Launches.real(places, layer.eps()), places, perToken, offsets, samples(), from,
                    active.rows(), width, active);
        }

        @Override
        public void backward(int from, Tensor dActive, Tensor dPlaces, Tensor dPerToken, HiddenLayer gradients) {
            int rows = dActive.rows();
            int blocks = blocks(rows, SUM_BLOCKS);
            long bytesOfRow = (long) width * places.dtype().bytes();
            long shares = Math.max(perToken.rows(), blocks);
            MemorySegment sums = launches.device().scratch((shares + (long) VECTORS * blocks) * bytesOfRow);
            MemorySegment shareSums = sums.asSlice(0, shares * bytesOfRow);
            MemorySegment blockSums = sums.asSlice(shareSums.byteSize());
            launches.kernel(grouping.kernel("activate_backward"), places).launch(blocks, 1, 1, PAIR_THREADS, sharedBytes(), layer.weight(), stride(),
                    layer.gamma(), layer.beta(), Launches.real(places, layer.eps()), places, perToken, offsets, samples(), from, rows, width,
                    dActive, dPlaces, shareSums, blockSums);
            int sumBlocks = Launches.blocks(VECTORS * (long) width, OUTPUTS) + Launches.blocks(perToken.size(), THREADS);
            launches.kernel("sum_gradients", places).launch(sumBlocks, THREADS, shareSums, blockSums, blocks, offsets, samples(), from, rows, width, dPerToken,
                    gradients.weight(), stride(), gradients.gamma(), gradients.beta());
        }
    }

    @Override
    public void attend(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor result) {
        launches.kernel("attend", h).launch(u.rows(), 1, 1, ATTENTION_THREADS, rowBytes(h), h, local, u, slopes(attention),
                Launches.real(h, attention.scale()), Launches.real(h, attention.softening()), offsets, offsets.columns() - 1, attention.heads(), h.columns(),
                weights, result);
    }

    @Override
    public void attendBackward(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor dResult, Tensor dLogits, Tensor dH,
            Tensor dLocal, Tensor dU) {
        launches.kernel("attend_backward", h).launch(u.rows(), 1, 1, ATTENTION_THREADS, 2 * rowBytes(h), h, local, u, slopes(attention),
                Launches.real(h, attention.scale()), Launches.real(h, attention.softening()), offsets, offsets.columns() - 1, attention.heads(), h.columns(),
                weights, dResult, dLogits, dH, dLocal, dU);
    }

    /** Shared memory of c numbers for each of the heads that a block takes at a time. */
    private static int rowBytes(Tensor h) {
        return HEADS * h.columns() * h.dtype().bytes();
    }

    /** Uploaded once; there are as many kinds as there are networks of different heads. */
    private Tensor slopes(Attention attention) {
        return slopes.computeIfAbsent(Arrays.stream(attention.slopes()).boxed().toList(),
                _ -> arena.allocate(DType.F64, Shape.of(attention.heads())).set(attention.slopes()));
    }

    @Override
    public void toPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y) {
        int c = weight.columns();
        launches.kernel("to_pair_space", x).launch(Launches.blocks(x.rows(), TILE_M), heads, Launches.blocks(c + 1, TILE_N), MAP_THREADS, 0, x, weight, bias,
                x.rows(), heads, weight.rows() / heads, c, add ? 1 : 0, y);
    }

    @Override
    public void fromPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y) {
        int channels = weight.rows() / heads;
        launches.kernel("from_pair_space", x).launch(Launches.blocks(x.rows(), TILE_M), heads, Launches.blocks(channels, TILE_N), MAP_THREADS, 0, x, weight,
                bias, x.rows(), heads, channels, weight.columns(), add ? 1 : 0, y);
    }

    @Override
    public void pairSpaceGradient(int heads, Tensor x, Tensor y, Tensor dWeight, Tensor dBias) {
        int width = dWeight.rows();
        int c = dWeight.columns();
        int chunks = Launches.blocks(x.rows(), CHUNK);
        // rows of partial sums are whole packs
        int packs = width * Launches.blocks(c + 1, WIDE);
        MemorySegment partials = launches.device().scratch((long) chunks * packs * WIDE * x.dtype().bytes());
        launches.kernel("pair_space_gradient", x).launch(chunks, heads, Launches.blocks(width / heads, TILE_D) * Launches.blocks(c + 1, TILE_J), THREADS, 0, x,
                y, x.rows(), heads, width / heads, c, partials);
        launches.kernel("add_pair_space_gradient", x).launch(Launches.blocks(packs, PACKS_PER_BLOCK), THREADS, partials, chunks, width, c, dWeight, dBias);
    }

    @Override
    public Tensor modulate(Tape tape, Tensor s, Tensor gamma, Tensor beta, Tensor weights, Tensor scale) {
        Tensor y = tape.output(s.dtype(), s.shape(), s, gamma, beta, scale);
        int blocks = Launches.blocks(s.size(), THREADS * (s.columns() % WIDE == 0 ? WIDE : 1));
        launches.kernel("modulate", s).launch(blocks, THREADS, s, gamma, beta, weights, scale, s.columns(), s.size(), y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                int fresh = (tape.startGradient(s) ? 1 : 0) | (tape.startGradient(gamma) ? 2 : 0) | (tape.startGradient(beta) ? 4 : 0);
                MemorySegment partials = tape.tracks(scale) ? launches.device().scratch((long) blocks * Double.BYTES) : null;
                launches.kernel("modulate_backward", s).launch(blocks, THREADS, s, gamma, beta, weights, scale, tape.gradient(y), s.columns(), s.size(), fresh,
                        tape.gradient(s), tape.gradient(gamma), tape.gradient(beta), partials);
                if (partials != null) {
                    launches.kernel("add_sum", s).launch(1, THREADS, partials, blocks, tape.gradient(scale));
                }
            });
        }
        return y;
    }
}
