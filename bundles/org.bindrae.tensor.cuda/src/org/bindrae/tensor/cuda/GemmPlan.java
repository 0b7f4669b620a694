package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How our own kernels compute a product: the tile, in how many slices k is cut so that there are enough blocks, and whether with warpgroup products
 * ({@code gemm/wide.cuh}, compute capability 9.0). {@link #of} is a rule that looks at the shape and at whether there are such products, never at the number of
 * multiprocessors or a clock, because the number of slices decides the order of sums: equal products have equal bits on every run. It estimates the time on a
 * card of {@link #MULTIPROCESSORS}, in microseconds.
 */
record GemmPlan(GemmTile tile, int slices, boolean wide) {
    /** Tiles of a launch with several slices, and hence the counters that are needed. */
    static final int MOST_SLICED_TILES = 4096;

    private static final int MULTIPROCESSORS = 132;
    private static final int MOST_SLICES = 32;
    private static final int MOST_WIDE_SLICES = 4;
    private static final int FEWEST_STEPS_OF_SLICE = 2;
    private static final long MOST_PARTIAL_BYTES = 32L << 20;

    /**
     * Estimates for one tile, by {@link GemmTile}: measured on an H200.
     *
     * @param resident blocks that fit on a multiprocessor
     * @param latency of a step when the block is alone
     * @param throughput of a step when as many blocks as fit share the multiprocessor
     * @param fixedLatency of start and end of a block
     * @param fixedThroughput the same when others work meanwhile
     * @param counting what a block takes to find out whether it is the last one of its tile
     * @param passing what it takes to write, or to read, the sums of 64×64 elements
     */
    private record Costs(int[] resident, double[] latency, double[] throughput, double fixedLatency, double fixedThroughput, double counting,
            double passing) {
    }

    private static final GemmTile[] TILES = GemmTile.values();
    /** With warpgroup products; without, the smallest is as good for many blocks as the others. */
    private static final GemmTile[] TILES_OF_SUMS = {GemmTile.SMALL, GemmTile.LARGE};
    private static final int[] RESIDENT = {3, 3, 2};
    private static final Costs F32 = new Costs(RESIDENT, new double[] {1.159, 2.547, 3.829}, new double[] {1, 1.975, 4.158}, 4.838, 2.014, 2.759, 0.252);
    private static final Costs TF32 = new Costs(RESIDENT, new double[] {0.541, 0.902, 1.71}, new double[] {0.421, 0.834, 1.899}, 4.364, 1.855, 2.985, 0.284);
    private static final Costs BF16 = new Costs(RESIDENT, new double[] {0.408, 0.871, 1.122}, new double[] {0.277, 0.564, 1.207}, 4.301, 1.279, 2.899, 0.244);
    private static final Costs WIDE_TF32 = new Costs(new int[] {2, 1, 1}, new double[] {0.468, 0.637, 0.894}, new double[] {0.403, 0.721, 0.77}, 3.021, 1.488,
            0.317, 0.056);
    private static final Costs WIDE_BF16 = new Costs(new int[] {2, 2, 2}, new double[] {0.27, 0.475, 0.574}, new double[] {0.244, 0.389, 0.61}, 2.888, 1.774,
            0.078, 0.112);

    private static Costs costs(GemmPrecision precision) {
        return switch (precision) {
            case F64, F32 -> F32;
            case TF32 -> TF32;
            case BF16 -> BF16;
        };
    }

    private static Costs wideCosts(GemmPrecision precision) {
        return precision == GemmPrecision.BF16 ? WIDE_BF16 : WIDE_TF32;
    }

    /**
     * The plan of the rule. Asked at every launch, hence without making objects on the way.
     *
     * @param wide whether the device has warpgroup products
     */
    static GemmPlan of(GemmProblem problem, GemmPrecision precision, boolean wide) {
        if (precision == GemmPrecision.F64) {
            return new GemmPlan(GemmTile.SMALL, 1, false);
        }
        GemmTile best = null;
        int bestSlices = 1;
        boolean bestWide = false;
        double bestTime = Double.POSITIVE_INFINITY;
        int steps = problem.steps();
        for (GemmTile tile : TILES) {
            if (has(tile, problem)) {
                long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
                int slices = slices(tile, precision, steps, tiles);
                double time = time(tile, costs(precision), steps, tiles, slices);
                if (time < bestTime) {
                    best = tile;
                    bestSlices = slices;
                    bestTime = time;
                }
            }
            if (wide && hasWide(problem, precision)) {
                long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
                for (int slices = 1; slices <= MOST_WIDE_SLICES; slices *= 2) {
                    double time = tile.hasWide(slices) ? time(tile, wideCosts(precision), steps, tiles, slices) : Double.POSITIVE_INFINITY;
                    if (time < bestTime) {
                        best = tile;
                        bestSlices = slices;
                        bestWide = true;
                        bestTime = time;
                    }
                }
            }
        }
        return new GemmPlan(best, bestSlices, bestWide);
    }

    /** Whether there is a kernel: of two transposed operands only in the smallest tile. */
    private static boolean has(GemmTile tile, GemmProblem problem) {
        return tile == GemmTile.SMALL || !(problem.transposeA() && problem.transposeB());
    }

    /** Whether there are kernels with warpgroup products: not in single precision, of two transposed operands, or for what cannot be read by fours. */
    private static boolean hasWide(GemmProblem problem, GemmPrecision precision) {
        return precision.onTensorCores() && !(problem.transposeA() && problem.transposeB()) && problem.hasVectors();
    }

    /** Plans that may be good, the one of the rule first. */
    static List<GemmPlan> candidates(GemmProblem problem, GemmPrecision precision, boolean wide) {
        GemmPlan first = of(problem, precision, wide);
        if (precision == GemmPrecision.F64) {
            return List.of(first);
        }
        record Estimate(GemmPlan plan, double time) {
        }
        List<Estimate> estimates = new ArrayList<>();
        for (GemmTile tile : TILES) {
            long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
            for (int slices = 1; has(tile, problem) && slices <= MOST_SLICES; slices++) {
                GemmPlan plan = new GemmPlan(tile, slices, false);
                if (canSlice(tile, problem.steps(), tiles, slices)) {
                    estimates.add(new Estimate(plan, plan.equals(first) ? 0 : time(tile, costs(precision), problem.steps(), tiles, slices)));
                }
            }
            for (int slices = 1; wide && hasWide(problem, precision) && slices <= MOST_WIDE_SLICES; slices++) {
                if (tile.hasWide(slices)) {
                    GemmPlan plan = new GemmPlan(tile, slices, true);
                    estimates.add(new Estimate(plan, plan.equals(first) ? 0 : time(tile, wideCosts(precision), problem.steps(), tiles, slices)));
                }
            }
        }
        estimates.sort(Comparator.comparingDouble(Estimate::time));
        return estimates.stream().map(Estimate::plan).toList();
    }

    /** How several products with equal transposes are computed in one launch; the slices of each follow from {@link #slices}, with warpgroups there is one. */
    static GemmPlan ofGroup(List<GemmProblem> problems, GemmPrecision precision, boolean wide) {
        boolean all = wide;
        for (GemmProblem problem : problems) {
            all = all && hasWide(problem, precision);
        }
        if (!all) {
            return new GemmPlan(GemmTile.SMALL, 1, false);
        }
        GemmTile best = GemmTile.SMALL;
        for (GemmTile tile : TILES) {
            best = groupTime(tile, problems, precision) < groupTime(best, problems, precision) ? tile : best;
        }
        return new GemmPlan(best, 1, true);
    }

    /**
     * How sums of equal sizes are computed in one launch.
     *
     * @param count of sums
     * @param wide whether there are warpgroup products for all of them
     */
    static GemmPlan ofSums(GemmSum sum, int count, boolean wide) {
        GemmPrecision precision = sum.precision();
        int m = sum.first().m();
        int n = sum.first().n();
        int steps = sum.steps();
        long small = count * GemmTile.SMALL.tiles(m, n);
        GemmPlan best = new GemmPlan(GemmTile.SMALL, slices(GemmTile.SMALL, precision, steps, small), false);
        double bestTime = time(GemmTile.SMALL, costs(precision), steps, small, best.slices);
        for (GemmTile tile : TILES_OF_SUMS) {
            for (int slices = 1; wide && precision.onTensorCores() && slices <= MOST_WIDE_SLICES; slices *= 2) {
                double time = time(tile, wideCosts(precision), steps, count * tile.tiles(m, n), slices);
                if (time < bestTime) {
                    best = new GemmPlan(tile, slices, true);
                    bestTime = time;
                }
            }
        }
        return best;
    }

    /** A plan for every kernel that there is for {@link #ofSums}, without warpgroups in all numbers of slices. */
    static List<GemmPlan> allOfSums(GemmSum sum, int count, boolean wide) {
        List<GemmPlan> plans = new ArrayList<>();
        long small = count * GemmTile.SMALL.tiles(sum.first().m(), sum.first().n());
        for (int slices = 1; slices <= MOST_SLICES; slices++) {
            if (canSlice(GemmTile.SMALL, sum.steps(), small, slices)) {
                plans.add(new GemmPlan(GemmTile.SMALL, slices, false));
            }
        }
        for (GemmTile tile : TILES_OF_SUMS) {
            for (int slices = 1; wide && sum.precision().onTensorCores() && slices <= MOST_WIDE_SLICES; slices *= 2) {
                plans.add(new GemmPlan(tile, slices, true));
            }
        }
        return plans;
    }

    /** As if all were as long as they are on average, but not less than the longest one alone. */
    private static double groupTime(GemmTile tile, List<GemmProblem> problems, GemmPrecision precision) {
        long tiles = 0;
        long steps = 0;
        int longest = 0;
        for (GemmProblem problem : problems) {
            long own = tile.tiles(problem.m(), problem.n()) * problem.batch();
            tiles += own;
            steps += own * problem.steps();
            longest = Math.max(longest, problem.steps());
        }
        Costs costs = wideCosts(precision);
        return Math.max(time(tile, costs, (int) Math.ceilDiv(steps, tiles), tiles, 1), time(tile, costs, longest, 1, 1));
    }

    /** The best number of slices for products of so many tiles in all, by blocks by themselves. */
    static int slices(GemmTile tile, GemmPrecision precision, int steps, long tiles) {
        Costs costs = costs(precision);
        int best = 1;
        double bestTime = time(tile, costs, steps, tiles, 1);
        for (int slices = 2; slices <= MOST_SLICES; slices++) {
            if (canSlice(tile, steps, tiles, slices)) {
                double time = time(tile, costs, steps, tiles, slices);
                if (time < bestTime) {
                    best = slices;
                    bestTime = time;
                }
            }
        }
        return best;
    }

    /** Whether slices of equal length are so many, none of them empty or hardly worth it; above four, even numbers only, which suffice. */
    private static boolean canSlice(GemmTile tile, int steps, long tiles, int slices) {
        int length = Math.ceilDiv(steps, slices);
        return slices == 1 || (slices <= 4 || slices % 2 == 0) && length >= FEWEST_STEPS_OF_SLICE && Math.ceilDiv(steps, length) == slices
                && tiles <= MOST_SLICED_TILES && partialBytes(tile, tiles, slices) <= MOST_PARTIAL_BYTES;
    }

    static long partialBytes(GemmTile tile, long tiles, int slices) {
        return slices == 1 ? 0 : tiles * slices * tile.elements() * Float.BYTES;
    }

    private static double time(GemmTile tile, Costs costs, int steps, long tiles, int slices) {
        int t = tile.ordinal();
        int length = Math.ceilDiv(steps, slices);
        double passing = costs.passing * tile.elements() / GemmTile.SMALL.elements();
        double adding = slices == 1 ? 0 : costs.counting + passing * (1 + slices);
        double alone = length * costs.latency[t] + costs.fixedLatency + adding;
        double shared = length * costs.throughput[t] + costs.fixedThroughput + (slices == 1 ? 0 : passing);
        long blocks = Math.ceilDiv(tiles * slices, (long) MULTIPROCESSORS);
        return Math.max(blocks * shared, Math.ceilDiv(blocks, (long) costs.resident[t]) * alone);
    }

    /** Blocks for one slice of a product. */
    long tiles(GemmProblem problem) {
        return tile.tiles(problem.m(), problem.n()) * problem.batch();
    }

    int threads(GemmPrecision precision) {
        return wide ? GemmTile.WIDE_THREADS : tile.threads(precision);
    }

    int sharedBytes(GemmPrecision precision) {
        return wide ? tile.wideSharedBytes(precision) : tile.sharedBytes(precision);
    }

    @Override
    public String toString() {
        return tile.size() + (slices == 1 ? "" : " in " + slices + " slices") + (wide ? ", wide" : "");
    }
}
