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

    private GemmPrecision precision(GemmProblem problem) {
        return problem.dtype() == DType.F64 ? GemmPrecision.F64 : single;
    }

    /** @param tile null for a group */
    private record KernelKey(GemmTile tile, boolean transposeA, boolean transposeB, GemmPrecision precision) {
        String kernelName() {
            return precision == GemmPrecision.F64 ? "gemm_64x64_f64" : "gemm_" + (tile == null ? "group" : tile.size()) + (transposeA ? "t" : "n")
                    + (transposeB ? "t" : "n") + "_" + precision.kernelName();
        }
    }

    private synchronized CudaKernel kernel(GemmTile tile, GemmProblem problem) {
        KernelKey key = new KernelKey(tile, problem.transposeA(), problem.transposeB(), precision(problem));
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
        GemmPrecision precision = precision(problem);
        GemmTile tile = plan.tile();
        long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
        boolean wide = precision == GemmPrecision.F64;
        Object[] arguments = new Object[PARAMETERS + (wide ? 0 : SLICE_PARAMETERS)];
        int at = problem.arguments(arguments, 0);
        if (!wide) {
            arguments[at++] = plan.slices();
            arguments[at++] = plan.slices() == 1 ? null : device.scratch(GemmPlan.partialBytes(tile, tiles, plan.slices()));
            arguments[at] = plan.slices() == 1 ? null : finished();
        }
        kernel(tile, problem).launch(Math.toIntExact(tiles * plan.slices()), 1, 1, tile.threads(precision), tile.sharedBytes(precision), arguments);
    }

    /** Queues up to {@link #GROUP} products of single-precision tensors with equal transposes, which have been checked and are not empty, as one launch. */
    void launchGroup(List<GemmProblem> problems) {
        GemmTile tile = GemmTile.SMALL;
        long tiles = 0;
        for (GemmProblem problem : problems) {
            tiles += tile.tiles(problem.m(), problem.n()) * problem.batch();
        }
        int[] slices = new int[problems.size()];
        long partialBytes = 0;
        for (int i = 0; i < slices.length; i++) {
            GemmProblem problem = problems.get(i);
            slices[i] = GemmPlan.slices(tile, single, problem.steps(), tiles);
            partialBytes += GemmPlan.partialBytes(tile, tile.tiles(problem.m(), problem.n()) * problem.batch(), slices[i]);
        }
        long partial = partialBytes == 0 ? 0 : device.scratch(partialBytes).address();
        long counter = partialBytes == 0 ? 0 : finished().memory().address();
        Object[] arguments = new Object[GROUP * (PARAMETERS + SLICE_PARAMETERS + 1) - 1];
        int at = 0;
        int blocks = 0;
        for (int i = 0; i < GROUP; i++) {
            // where there is no problem, one that no block comes to
            GemmProblem problem = problems.get(Math.min(i, slices.length - 1));
            at = problem.arguments(arguments, at);
            int own = slices[Math.min(i, slices.length - 1)];
            arguments[at++] = own;
            arguments[at++] = partial;
            arguments[at++] = counter;
            if (i < slices.length) {
                long tilesOfProblem = tile.tiles(problem.m(), problem.n()) * problem.batch();
                blocks = Math.toIntExact(blocks + tilesOfProblem * own);
                if (own > 1) {
                    partial += GemmPlan.partialBytes(tile, tilesOfProblem, own);
                    counter += tilesOfProblem * Integer.BYTES;
                }
            }
            if (i < GROUP - 1) {
                arguments[at++] = blocks;
            }
        }
        kernel(null, problems.getFirst()).launch(blocks, 1, 1, tile.threads(single), tile.sharedBytes(single), arguments);
    }
}
