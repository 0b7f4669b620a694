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

    private static final int PARAMETERS = 21;
    /** slices, partial, finished; in a group also the number of blocks so far, but of the last problem */
    private static final int SLICE_PARAMETERS = 3;
    /** of each product and result of a launch of sums, and of all */
    private static final int SUM_PARAMETERS = 9;
    private static final int SIZE_PARAMETERS = 4;

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

    private enum Kind {
        SINGLE, GROUP, SUMS
    }

    /** @param wideSlices slices of k with warpgroup products, 0 without */
    private record KernelKey(GemmTile tile, int wideSlices, Kind kind, boolean transposeA, boolean transposeB, GemmPrecision precision) {
        String kernelName() {
            if (precision == GemmPrecision.F64) {
                return "gemm_64x64_f64";
            }
            boolean wide = wideSlices > 0;
            String shape = switch (kind) {
                case SINGLE -> (wide ? "wide" + wideSlices + "_" : "") + tile.size();
                case GROUP -> wide ? "wide_group_" + tile.size() : "group";
                case SUMS -> (wide ? "wide" + wideSlices + "_" : "") + "sums_" + tile.size();
            };
            return "gemm_" + shape + (transposeA ? "t" : "n") + (transposeB ? "t" : "n") + "_" + precision.kernelName();
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
        KernelKey key = new KernelKey(plan.tile(), plan.wide() ? plan.slices() : 0, Kind.SINGLE, problem.transposeA(), problem.transposeB(), precision);
        kernel(key).launch(Math.toIntExact(tiles * plan.slices()), 1, 1, plan.threads(precision), plan.sharedBytes(precision), arguments);
    }

    /** Queues sums that are alike and have up to {@link GemmSum#MOST_TERMS} products together, in single precision, as one launch. */
    void launchSums(List<GemmSum> sums) {
        launchSums(sums, GemmPlan.ofSums(sums.getFirst(), sums.size(), hasWide(sums)));
    }

    /** Whether plans for sums may have warpgroup products. */
    private boolean hasWide(List<GemmSum> sums) {
        return hasWide() && sums.stream().allMatch(GemmSum::hasVectors);
    }

    /** Plans of all kernels for these sums. */
    List<GemmPlan> plansOfSums(List<GemmSum> sums) {
        return GemmPlan.allOfSums(sums.getFirst(), sums.size(), hasWide(sums));
    }

    void launchSums(List<GemmSum> sums, GemmPlan plan) {
        GemmSum first = sums.getFirst();
        GemmPrecision precision = first.precision();
        List<GemmProblem> terms = sums.stream().flatMap(sum -> sum.terms().stream()).toList();
        long tiles = sums.size() * plan.tiles(first.first());
        Object[] arguments = new Object[GemmSum.MOST_TERMS * SUM_PARAMETERS + SIZE_PARAMETERS + (plan.wide() ? 0 : SLICE_PARAMETERS)];
        int at = 0;
        int end = 0;
        int flags = first.first().resultFlags();
        for (int i = 0; i < GemmSum.MOST_TERMS; i++) {
            // where there is none, another one that no block comes to
            at = terms.get(Math.min(i, terms.size() - 1)).factors(arguments, at);
            GemmSum sum = sums.get(Math.min(i, sums.size() - 1));
            end += i < sums.size() ? sum.terms().size() : 0;
            flags &= sum.first().resultFlags();
            arguments[at++] = GemmProblem.address(sum.first().c());
            arguments[at++] = (float) sum.first().beta();
            arguments[at++] = end;
        }
        arguments[at++] = first.first().m();
        arguments[at++] = first.first().n();
        arguments[at++] = first.first().c().stride();
        arguments[at++] = flags;
        if (!plan.wide()) {
            arguments[at++] = plan.slices();
            arguments[at++] = plan.slices() == 1 ? null : device.scratch(GemmPlan.partialBytes(plan.tile(), tiles, plan.slices()));
            arguments[at] = plan.slices() == 1 ? null : finished();
        }
        KernelKey key = new KernelKey(plan.tile(), plan.wide() ? plan.slices() : 0, Kind.SUMS, false, false, precision);
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
        KernelKey key = new KernelKey(tile, plan.wide() ? 1 : 0, Kind.GROUP, problems.getFirst().transposeA(), problems.getFirst().transposeB(), precision);
        kernel(key).launch(last, 1, 1, plan.threads(precision), plan.sharedBytes(precision), arguments);
    }
}
