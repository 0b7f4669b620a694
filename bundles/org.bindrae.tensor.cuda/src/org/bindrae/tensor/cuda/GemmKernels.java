package org.bindrae.tensor.cuda;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Launches of our own matrix products ({@code gpu-native/src/gemm}). */
final class GemmKernels {
    /** Problems of one launch of a group. */
    static final int GROUP = 4;

    private static final int PARAMETERS = 17;
    /** slices, partial, finished; in a group also the number of blocks so far, but of the last problem */
    private static final int SLICE_PARAMETERS = 3;

    /** The compute capability that has warpgroup products. */
    private static final int WARPGROUPS = 90;

    private final CudaDevice device;
    private final GemmPrecision single;
    private final Map<KernelKey, CudaKernel> kernels = new HashMap<>();
    private TensorArena arena;
    private Tensor finished;

    /** @param single how products of single-precision tensors are computed */
    GemmKernels(CudaDevice device, GemmPrecision single) {
        this.device = device;
        this.single = single;
    }

    /** Whether plans may have warpgroup products. */
    boolean hasWide() {
        return hasWide(device);
    }

    /** Whether a device has warpgroup products. */
    static boolean hasWide(CudaDevice device) {
        return device.capability() == WARPGROUPS;
    }

    /** @param wideSlices slices of k with warpgroup products, 0 without */
    private record KernelKey(GemmTile tile, int wideSlices, boolean group, boolean transposeA, boolean transposeB, GemmPrecision precision) {
        String kernelName() {
            if (precision == GemmPrecision.F64) {
                return "gemm_64x64_f64";
            }
            String kind = wideSlices > 0 ? group ? "wide_group_" + tile.size() : "wide" + wideSlices + "_" + tile.size() : group ? "group" : tile.size();
            return "gemm_" + kind + (transposeA ? "t" : "n") + (transposeB ? "t" : "n") + "_" + precision.kernelName();
        }
    }

    private synchronized CudaKernel kernel(KernelKey key) {
        return kernels.computeIfAbsent(key, missing -> device.module("tensor", GemmKernels.class).kernel(missing.kernelName()));
    }

    /** A counter per tile, zero between launches: the kernels leave it so. */
    private synchronized Tensor finished() {
        if (finished == null) {
            arena = device.arena();
            finished = arena.zeros(DType.I32, Shape.of(GemmPlan.MOST_SLICED_TILES));
        }
        return finished;
    }

    /** Queues a product that has been checked and is not empty. */
    void launch(GemmProblem problem, GemmPlan plan) {
        GemmPrecision precision = problem.precision(single);
        long tiles = plan.tiles(problem);
        boolean slicesAreParameters = precision != GemmPrecision.F64 && !plan.wide();
        Object[] arguments = new Object[PARAMETERS + (slicesAreParameters ? SLICE_PARAMETERS : 0)];
        int at = problem.arguments(arguments, 0);
        if (slicesAreParameters) {
            arguments[at++] = plan.slices();
            arguments[at++] = plan.slices() == 1 ? null : device.scratch(GemmPlan.partialBytes(plan.tile(), tiles, plan.slices()));
            arguments[at] = plan.slices() == 1 ? null : finished();
        }
        KernelKey key = new KernelKey(plan.tile(), plan.wide() ? plan.slices() : 0, false, problem.transposeA(), problem.transposeB(), precision);
        kernel(key).launch(Math.toIntExact(tiles * plan.slices()), 1, 1, plan.threads(precision), plan.sharedBytes(precision), arguments);
    }

    /** Queues up to {@link #GROUP} products of single-precision tensors with equal transposes and precision, which have been checked and are not empty, as one launch. */
    void launchGroup(List<GemmProblem> problems) {
        GemmPrecision precision = problems.getFirst().precision(single);
        GemmPlan plan = GemmPlan.ofGroup(problems, precision, hasWide());
        GemmTile tile = plan.tile();
        int[] slices = new int[problems.size()];
        long[] blocks = new long[problems.size()];
        long tiles = 0;
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = plan.tiles(problems.get(i));
            tiles += blocks[i];
        }
        long partialBytes = 0;
        for (int i = 0; i < slices.length; i++) {
            slices[i] = plan.wide() ? 1 : GemmPlan.slices(tile, precision, problems.get(i).steps(), tiles);
            partialBytes += GemmPlan.partialBytes(tile, blocks[i], slices[i]);
        }
        long partial = partialBytes == 0 ? 0 : device.scratch(partialBytes).address();
        long counter = partialBytes == 0 ? 0 : finished().memory().address();
        Object[] arguments = new Object[GROUP * (PARAMETERS + SLICE_PARAMETERS + 1) - 1];
        int at = 0;
        int last = 0;
        for (int i = 0; i < GROUP; i++) {
            // where there is no problem, one that no block comes to
            int known = Math.min(i, slices.length - 1);
            at = problems.get(known).arguments(arguments, at);
            arguments[at++] = slices[known];
            arguments[at++] = partial;
            arguments[at++] = counter;
            if (i < slices.length) {
                last = Math.toIntExact(last + blocks[i] * slices[i]);
                if (slices[i] > 1) {
                    partial += GemmPlan.partialBytes(tile, blocks[i], slices[i]);
                    counter += blocks[i] * Integer.BYTES;
                }
            }
            if (i < GROUP - 1) {
                arguments[at++] = last;
            }
        }
        KernelKey key = new KernelKey(tile, plan.wide() ? 1 : 0, true, problems.getFirst().transposeA(), problems.getFirst().transposeB(), precision);
        kernel(key).launch(last, 1, 1, plan.threads(precision), plan.sharedBytes(precision), arguments);
    }
}
