package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Operands;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * Gradients of many linear maps in one launch ({@code gpu-native/src/gemm/weights.cu}): tiles of whole products, which leave no multiprocessor idle where there
 * are enough of them.
 */
final class WeightGradients {
    private static final int THREADS = 128;
    private static final int TILE_ROWS = 128;
    private static final int TILE_COLUMNS = 64;
    /** Rows of dy and x that a block takes at a time. */
    private static final int STEP = 32;
    private static final int STAGES = 3;
    private static final int SHARED_BYTES = STAGES * (TILE_ROWS + TILE_COLUMNS) * STEP * Float.BYTES;
    /** Of the structures that the kernel reads. */
    private static final int GRADIENT_BYTES = 40;
    private static final int USE_BYTES = 24;
    /** Flags: rows of dy, of x, of dweight are whole pieces of so many floats. */
    private static final int PIECE = 4;
    private static final int VECTOR_A = 1;
    private static final int VECTOR_B = 2;
    private static final int VECTOR_C = 4;
    /** Blocks that run at a time on the largest cards; the same for all, so that cards agree in every bit. */
    private static final int BLOCKS = 384;
    /** Multiplications of one weight's gradient from which its product fills a card by itself. */
    private static final long LARGEST = 4L << 30;

    private final CudaDevice device;
    private CudaKernel kernel;

    WeightGradients(CudaDevice device) {
        this.device = device;
    }

    /** A weight with the uses that add to its gradient, which all add to the same bias or to none. */
    private record Weight(List<LinearGradient> uses) {
        LinearGradient first() {
            return uses.getFirst();
        }

        int out() {
            return first().dweight().rows();
        }

        int in() {
            return first().dweight().columns();
        }

        int blocks() {
            return Math.multiplyExact(Math.ceilDiv(out(), TILE_ROWS), Math.ceilDiv(in(), TILE_COLUMNS));
        }

        int steps() {
            return uses.stream().mapToInt(use -> Math.ceilDiv(use.x().rows(), STEP)).sum();
        }

        long multiplications() {
            return uses.stream().mapToLong(use -> use.dy().size() * in()).sum();
        }
    }

    /**
     * Queues one launch for the gradients that gain from it.
     *
     * @return the others, in the order given, to be added after these
     */
    List<LinearGradient> addMany(List<LinearGradient> gradients) {
        List<Weight> small = weights(gradients).stream().filter(weight -> weight.multiplications() <= LARGEST).toList();
        // a block that begins last should not work longer than all have worked until then
        long mean = small.stream().mapToLong(weight -> (long) weight.blocks() * weight.steps()).sum() / BLOCKS;
        return launch(small.stream().filter(weight -> weight.steps() <= mean).toList(), gradients);
    }

    /** As {@link #addMany} whether a gradient gains or not. */
    List<LinearGradient> addAll(List<LinearGradient> gradients) {
        return launch(weights(gradients), gradients);
    }

    private List<LinearGradient> launch(List<Weight> weights, List<LinearGradient> gradients) {
        launch(weights);
        Set<LinearGradient> done = new HashSet<>();
        weights.forEach(weight -> done.addAll(weight.uses));
        return gradients.stream().filter(g -> !done.contains(g)).toList();
    }

    /** Without what the kernel cannot do: other types, nothing to add, the bias of another weight, another bias of a weight. */
    private static List<Weight> weights(List<LinearGradient> gradients) {
        Map<Long, Weight> weights = new HashMap<>();
        Set<Long> biases = new HashSet<>();
        List<Weight> inOrder = new ArrayList<>();
        for (LinearGradient g : gradients) {
            check(g);
            if (g.dy().dtype() != DType.F32 || g.dy().size() == 0 || g.x().size() == 0) {
                continue;
            }
            Weight known = weights.get(address(g.dweight()));
            if (known == null && (g.dbias() == null || biases.add(address(g.dbias())))) {
                Weight weight = new Weight(new ArrayList<>(List.of(g)));
                weights.put(address(g.dweight()), weight);
                inOrder.add(weight);
            } else if (known != null && address(known.first().dbias()) == address(g.dbias())) {
                known.uses.add(g);
            }
        }
        return inOrder;
    }

    private static void check(LinearGradient g) {
        Operands.floating(g.dy(), g.x(), g.dweight(), g.dbias());
        Operands.fits(g.dbias(), Broadcast.ROW, g.dy());
        if (g.dy().rows() != g.x().rows() || g.dweight().rows() != g.dy().columns() || g.dweight().columns() != g.x().columns()) {
            throw new IllegalArgumentException("gradient " + g.dweight() + " does not fit " + g.dy() + " and " + g.x());
        }
    }

    private static long address(Tensor tensor) {
        return tensor == null ? 0 : tensor.memory().address();
    }

    /** The flag where rows of a matrix are whole pieces of 16 bytes. */
    private static int flag(int flag, Tensor matrix) {
        return matrix.columns() % PIECE == 0 && address(matrix) % (PIECE * Float.BYTES) == 0 ? flag : 0;
    }

    private void launch(List<Weight> weights) {
        if (weights.isEmpty()) {
            return;
        }
        // blocks with much to do first
        List<Weight> ordered = weights.stream().sorted(Comparator.comparingInt(Weight::steps).reversed()).toList();
        long usesFrom = (long) ordered.size() * GRADIENT_BYTES;
        int useCount = ordered.stream().mapToInt(weight -> weight.uses.size()).sum();
        int bytes = Math.toIntExact(usesFrom + (long) useCount * USE_BYTES);
        MemorySegment table = MemorySegment.ofArray(new long[bytes / Long.BYTES]);
        int blocks = 0;
        int use = 0;
        for (int i = 0; i < ordered.size(); i++) {
            Weight weight = ordered.get(i);
            write(weight, use, blocks, table.asSlice((long) i * GRADIENT_BYTES, GRADIENT_BYTES));
            for (LinearGradient g : weight.uses) {
                write(g, table.asSlice(usesFrom + (long) use * USE_BYTES, USE_BYTES));
                use++;
            }
            blocks = Math.addExact(blocks, weight.blocks());
        }
        Tensor onDevice = Tensor.wrap(device, DType.I32, Shape.of(bytes / Integer.BYTES), device.scratch(bytes));
        device.upload(table, onDevice);
        kernel().launch(blocks, 1, 1, THREADS, SHARED_BYTES, onDevice, ordered.size(), onDevice.memory().asSlice(usesFrom));
    }

    private static void write(Weight weight, int firstUse, int firstBlock, MemorySegment row) {
        row.set(ValueLayout.JAVA_LONG, 0, address(weight.first().dweight()));
        row.set(ValueLayout.JAVA_LONG, 8, address(weight.first().dbias()));
        row.set(ValueLayout.JAVA_INT, 16, weight.out());
        row.set(ValueLayout.JAVA_INT, 20, weight.in());
        row.set(ValueLayout.JAVA_INT, 24, firstUse);
        row.set(ValueLayout.JAVA_INT, 28, weight.steps());
        row.set(ValueLayout.JAVA_INT, 32, firstBlock);
        row.set(ValueLayout.JAVA_INT, 36, flag(VECTOR_C, weight.first().dweight()));
    }

    private static void write(LinearGradient use, MemorySegment row) {
        row.set(ValueLayout.JAVA_LONG, 0, address(use.dy()));
        row.set(ValueLayout.JAVA_LONG, 8, address(use.x()));
        row.set(ValueLayout.JAVA_INT, 16, use.x().rows());
        row.set(ValueLayout.JAVA_INT, 20, flag(VECTOR_A, use.dy()) | flag(VECTOR_B, use.x()));
    }

    private synchronized CudaKernel kernel() {
        if (kernel == null) {
            String precision = GemmPrecision.of(device.precision(), DType.F32).kernelName();
            kernel = device.module("tensor", WeightGradients.class).kernel("gemm_linearGradients_" + precision);
        }
        return kernel;
    }
}
