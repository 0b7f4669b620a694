package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
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
 * Gradients of many linear maps in one launch for each precision ({@code gpu-native/src/gemm/weights.cu}, {@code weights_sm90a.cu}): tiles of whole products,
 * or of slabs of their rows, which leave no multiprocessor idle where there are enough of them; and one launch that adds up the slabs.
 */
final class WeightGradients {
    /** Of the structures that the kernels read. */
    private static final int GRADIENT_BYTES = 40;
    private static final int USE_BYTES = 24;
    private static final int SUM_BYTES = 40;
    /** What the blocks of a launch have begun, before the structures. */
    private static final int COUNTER_BYTES = 16;
    /** Flags: rows of dy, of x, of dweight are whole pieces of so many floats; what is there is added to. */
    private static final int PIECE = 4;
    private static final int VECTOR_A = 1;
    private static final int VECTOR_B = 2;
    private static final int VECTOR_C = 4;
    private static final int ADDS = 8;
    private static final int ALIGNMENT = 256;
    private static final int SUM_THREADS = 256;
    /** Blocks that run at a time on the largest cards; the same for all, so that cards agree in every bit. */
    private static final int BLOCKS = 384;
    /** Multiplications of one weight's gradient from which its product fills a card by itself. */
    private static final long LARGEST = 4L << 30;

    private final CudaDevice device;
    private final GemmPrecision single;

    WeightGradients(CudaDevice device) {
        this.device = device;
        this.single = GemmPrecision.of(device.precision(), DType.F32);
    }

    /**
     * Queues the launches for the gradients that gain from them.
     *
     * @return the others, in the order given, to be added after these
     */
    List<LinearGradient> addMany(List<LinearGradient> gradients) {
        List<WeightUses> small = weights(gradients).stream().filter(weight -> weight.multiplications() <= LARGEST).toList();
        // a block that begins last should not work longer than all have worked until then
        long mean = small.stream().mapToLong(weight -> (long) GradientTile.PORTABLE.tiles(weight.out(), weight.in()) * weight.steps()).sum() / BLOCKS;
        return launch(small.stream().filter(weight -> weight.longest() <= mean).toList(), gradients);
    }

    /** As {@link #addMany} whether a gradient gains or not. */
    List<LinearGradient> addAll(List<LinearGradient> gradients) {
        return launch(weights(gradients), gradients);
    }

    private List<LinearGradient> launch(List<WeightUses> weights, List<LinearGradient> gradients) {
        if (!weights.isEmpty()) {
            launch(weights);
        }
        Set<LinearGradient> done = new HashSet<>();
        weights.forEach(weight -> done.addAll(weight.uses()));
        return gradients.stream().filter(g -> !done.contains(g)).toList();
    }

    /** Without what the kernel cannot do: other types, nothing to add, the bias of another weight, another bias of a weight. */
    private static List<WeightUses> weights(List<LinearGradient> gradients) {
        Map<Long, WeightUses> weights = new HashMap<>();
        Set<Long> biases = new HashSet<>();
        List<WeightUses> inOrder = new ArrayList<>();
        for (LinearGradient g : gradients) {
            check(g);
            if (g.dy().dtype() != DType.F32 || g.dy().size() == 0 || g.x().size() == 0) {
                continue;
            }
            WeightUses known = weights.get(address(g.dweight()));
            if (known == null && (g.dbias() == null || biases.add(address(g.dbias())))) {
                WeightUses weight = new WeightUses(new ArrayList<>(List.of(g)));
                weights.put(address(g.dweight()), weight);
                inOrder.add(weight);
            } else if (known != null && address(known.first().dbias()) == address(g.dbias())) {
                known.uses().add(g);
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
        return matrix.columns() % PIECE == 0 && isAligned(matrix) ? flag : 0;
    }

    private static boolean isAligned(Tensor tensor) {
        return address(tensor) % (PIECE * Float.BYTES) == 0;
    }

    /** The slabs of one precision, and where their structures lie in the table. */
    private record Launch(GemmPrecision precision, GradientTile tile, List<WeightUses.Slab> slabs, long from) {
        long usesFrom() {
            return from + COUNTER_BYTES + (long) slabs.size() * GRADIENT_BYTES;
        }

        long to() {
            return align(usesFrom() + slabs.stream().mapToInt(slab -> slab.parts().size()).sum() * (long) USE_BYTES, COUNTER_BYTES);
        }
    }

    private void launch(List<WeightUses> weights) {
        List<Launch> launches = new ArrayList<>();
        long sumsFrom = 0;
        for (GemmPrecision precision : GemmPrecision.values()) {
            // blocks with much to do first; among equal ones those whose operands were written last, which may still be in the cache
            List<WeightUses.Slab> slabs = weights.reversed().stream().filter(weight -> weight.precision(single) == precision)
                    .flatMap(weight -> weight.slabs().stream()).sorted(Comparator.comparingInt(WeightUses.Slab::steps).reversed()).toList();
            if (!slabs.isEmpty()) {
                launches.add(new Launch(precision, GradientTile.of(precision, GemmKernels.hasWide(device)), slabs, sumsFrom));
                sumsFrom = launches.getLast().to();
            }
        }
        List<WeightUses> cut = weights.stream().filter(weight -> weight.longest() < weight.steps()).toList();
        long tableBytes = sumsFrom + cut.stream().mapToLong(weight -> weight.dbias() == null ? SUM_BYTES : 2 * SUM_BYTES).sum();
        long partialFrom = align(tableBytes, ALIGNMENT);
        Map<WeightUses, Long> partials = new IdentityHashMap<>();
        long bytes = partialFrom;
        for (WeightUses weight : cut) {
            partials.put(weight, bytes);
            bytes += (long) weight.slabs().size() * (weight.slabStride() + weight.biasStride()) * Float.BYTES;
        }
        MemorySegment scratch = device.scratch(bytes);
        partials.replaceAll((weight, offset) -> scratch.address() + offset);
        MemorySegment table = MemorySegment.ofArray(new long[Math.toIntExact(tableBytes / Long.BYTES)]);
        List<Runnable> queued = new ArrayList<>();
        for (Launch launch : launches) {
            int blocks = write(launch, partials, table);
            queued.add(() -> run(launch, blocks, scratch));
        }
        int sums = Math.toIntExact((tableBytes - sumsFrom) / SUM_BYTES);
        int blocksOfSums = writeSums(cut, partials, table.asSlice(sumsFrom));
        device.upload(table, Tensor.wrap(device, DType.I32, Shape.of(Math.toIntExact(tableBytes / Integer.BYTES)), scratch.asSlice(0, tableBytes)));
        queued.forEach(Runnable::run);
        if (sums > 0) {
            kernel("gemm_addSlabs_f32").launch(blocksOfSums, SUM_THREADS, scratch.asSlice(sumsFrom), sums);
        }
    }

    private void run(Launch launch, int blocks, MemorySegment scratch) {
        GradientTile tile = launch.tile;
        CudaKernel kernel = kernel(tile.kernelName(launch.precision));
        MemorySegment counter = scratch.asSlice(launch.from);
        MemorySegment gradients = scratch.asSlice(launch.from + COUNTER_BYTES);
        MemorySegment uses = scratch.asSlice(launch.usesFrom());
        if (tile.takesTurns()) {
            kernel.launch(Math.min(blocks, device.multiprocessors()), 1, 1, tile.threads(), tile.sharedBytes(), gradients, launch.slabs.size(), uses, blocks,
                    counter);
        } else {
            kernel.launch(blocks, 1, 1, tile.threads(), tile.sharedBytes(), gradients, launch.slabs.size(), uses);
        }
    }

    private CudaKernel kernel(String name) {
        return device.module("tensor", WeightGradients.class).kernel(name);
    }

    /** @return the number of tiles */
    private static int write(Launch launch, Map<WeightUses, Long> partials, MemorySegment table) {
        int blocks = 0;
        int use = 0;
        long at = launch.from + COUNTER_BYTES;
        for (WeightUses.Slab slab : launch.slabs) {
            WeightUses weight = slab.weight();
            Long partial = partials.get(weight);
            MemorySegment row = table.asSlice(at, GRADIENT_BYTES);
            if (partial == null) {
                row.set(ValueLayout.JAVA_LONG, 0, address(weight.dweight()));
                row.set(ValueLayout.JAVA_LONG, 8, address(weight.dbias()));
            } else {
                row.set(ValueLayout.JAVA_LONG, 0, partial + (long) slab.number() * weight.slabStride() * Float.BYTES);
                row.set(ValueLayout.JAVA_LONG, 8,
                        weight.dbias() == null ? 0 : biasSlabs(weight, partial) + (long) slab.number() * weight.biasStride() * Float.BYTES);
            }
            row.set(ValueLayout.JAVA_INT, 16, weight.out());
            row.set(ValueLayout.JAVA_INT, 20, weight.in());
            row.set(ValueLayout.JAVA_INT, 24, use);
            row.set(ValueLayout.JAVA_INT, 28, slab.steps());
            row.set(ValueLayout.JAVA_INT, 32, blocks);
            row.set(ValueLayout.JAVA_INT, 36, partial == null ? flag(VECTOR_C, weight.dweight()) | ADDS : weight.in() % PIECE == 0 ? VECTOR_C : 0);
            for (WeightUses.Slab.Part part : slab.parts()) {
                write(part, table.asSlice(launch.usesFrom() + (long) use * USE_BYTES, USE_BYTES));
                use++;
            }
            blocks = Math.addExact(blocks, launch.tile.tiles(weight.out(), weight.in()));
            at += GRADIENT_BYTES;
        }
        return blocks;
    }

    private static void write(WeightUses.Slab.Part part, MemorySegment row) {
        LinearGradient use = part.use();
        row.set(ValueLayout.JAVA_LONG, 0, address(use.dy()) + (long) part.row() * use.dy().columns() * Float.BYTES);
        row.set(ValueLayout.JAVA_LONG, 8, address(use.x()) + (long) part.row() * use.x().columns() * Float.BYTES);
        row.set(ValueLayout.JAVA_INT, 16, part.rows());
        row.set(ValueLayout.JAVA_INT, 20, flag(VECTOR_A, use.dy()) | flag(VECTOR_B, use.x()));
    }

    /** @return the number of blocks */
    private static int writeSums(List<WeightUses> cut, Map<WeightUses, Long> partials, MemorySegment rows) {
        int blocks = 0;
        long at = 0;
        for (WeightUses weight : cut) {
            long partial = partials.get(weight);
            blocks = writeSum(weight.dweight(), partial, weight.slabStride(), weight.slabs().size(), blocks, rows.asSlice(at, SUM_BYTES));
            at += SUM_BYTES;
            if (weight.dbias() != null) {
                blocks = writeSum(weight.dbias(), biasSlabs(weight, partial), weight.biasStride(), weight.slabs().size(), blocks, rows.asSlice(at, SUM_BYTES));
                at += SUM_BYTES;
            }
        }
        return blocks;
    }

    private static int writeSum(Tensor sum, long slabs, int stride, int count, int firstBlock, MemorySegment row) {
        int size = Math.toIntExact(sum.size());
        row.set(ValueLayout.JAVA_LONG, 0, address(sum));
        row.set(ValueLayout.JAVA_LONG, 8, slabs);
        row.set(ValueLayout.JAVA_INT, 16, size);
        row.set(ValueLayout.JAVA_INT, 20, stride);
        row.set(ValueLayout.JAVA_INT, 24, count);
        row.set(ValueLayout.JAVA_INT, 28, firstBlock);
        row.set(ValueLayout.JAVA_INT, 32, size % PIECE == 0 && isAligned(sum) ? VECTOR_C : 0);
        return Math.addExact(firstBlock, Math.ceilDiv(size, SUM_THREADS * PIECE));
    }

    /** Where the sums of dbias lie behind those of dweight. */
    private static long biasSlabs(WeightUses weight, long partial) {
        return partial + (long) weight.slabs().size() * weight.slabStride() * Float.BYTES;
    }

    private static long align(long bytes, int to) {
        return (bytes + to - 1) / to * to;
    }
}
