package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How our own kernels compute a product: the tile, and in how many slices k is cut so that there are enough blocks. {@link #of} is a rule that looks at the
 * shape only, never at the card or a clock, because the number of slices decides the order of sums: equal products have equal bits on every run. It estimates
 * the time on a card of {@link #MULTIPROCESSORS}, in units of what a 64×64 tile takes for one step along k when it is alone on a multiprocessor.
 */
record GemmPlan(GemmTile tile, int slices) {
    /** Tiles of a launch with several slices, and hence the counters that are needed. */
    static final int MOST_SLICED_TILES = 4096;

    private static final int MULTIPROCESSORS = 132;
    private static final int MOST_SLICES = 32;
    private static final int FEWEST_STEPS_OF_SLICE = 2;
    /** What slices must gain over none: they cost other launches the cache. */
    private static final double LEAST_GAIN = 0.9;
    private static final long MOST_PARTIAL_BYTES = 32L << 20;

    /**
     * Estimates for one tile, by {@link GemmTile}.
     *
     * @param latency of a step when the block is alone
     * @param throughput of a step when as many blocks as fit share the multiprocessor
     * @param fixedLatency of start and end of a block
     * @param fixedThroughput the same when others work meanwhile
     * @param counting what a block takes to find out whether it is the last one of its tile
     * @param passing what it takes to write, or to read, the sums of 64×64 elements
     */
    private record Costs(double[] latency, double[] throughput, double fixedLatency, double fixedThroughput, double counting, double passing) {
    }

    private static final GemmTile[] TILES = GemmTile.values();
    private static final int[] RESIDENT = {3, 3, 2};
    private static final Costs TENSOR_CORES = new Costs(new double[] {1, 1.5, 2.2}, new double[] {0.6, 0.9, 1.4}, 4, 1.5, 2.5, 0.85);
    private static final Costs SINGLE = new Costs(new double[] {1.1, 2, 3.8}, new double[] {1, 1.9, 3.6}, 1.2, 0.4, 0.8, 0.25);

    /** The plan of the rule. Asked at every launch, hence without making objects on the way. */
    static GemmPlan of(GemmProblem problem, GemmPrecision precision) {
        if (precision == GemmPrecision.F64) {
            return new GemmPlan(GemmTile.SMALL, 1);
        }
        GemmTile best = null;
        int bestSlices = 1;
        double bestTime = Double.POSITIVE_INFINITY;
        int steps = problem.steps();
        for (GemmTile tile : TILES) {
            if (!has(tile, problem)) {
                continue;
            }
            long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
            int slices = slices(tile, precision, steps, tiles);
            double time = time(tile, precision, steps, tiles, slices);
            if (time < bestTime) {
                best = tile;
                bestSlices = slices;
                bestTime = time;
            }
        }
        return new GemmPlan(best, bestSlices);
    }

    /** Whether there is a kernel: of two transposed operands only in the smallest tile. */
    private static boolean has(GemmTile tile, GemmProblem problem) {
        return tile == GemmTile.SMALL || !(problem.transposeA() && problem.transposeB());
    }

    /** Plans that may be good, the one of the rule first. */
    static List<GemmPlan> candidates(GemmProblem problem, GemmPrecision precision) {
        GemmPlan first = of(problem, precision);
        if (precision == GemmPrecision.F64) {
            return List.of(first);
        }
        record Estimate(GemmPlan plan, double time) {
        }
        List<Estimate> estimates = new ArrayList<>();
        for (GemmTile tile : TILES) {
            long tiles = tile.tiles(problem.m(), problem.n()) * problem.batch();
            for (int slices = 1; has(tile, problem) && slices <= MOST_SLICES; slices++) {
                GemmPlan plan = new GemmPlan(tile, slices);
                if (canSlice(tile, problem.steps(), tiles, slices)) {
                    estimates.add(new Estimate(plan, plan.equals(first) ? 0 : time(tile, precision, problem.steps(), tiles, slices)));
                }
            }
        }
        estimates.sort(Comparator.comparingDouble(Estimate::time));
        return estimates.stream().map(Estimate::plan).toList();
    }

    /** The best number of slices for products of so many tiles in all. */
    static int slices(GemmTile tile, GemmPrecision precision, int steps, long tiles) {
        int best = 1;
        double bestTime = time(tile, precision, steps, tiles, 1);
        for (int slices = 2; slices <= MOST_SLICES; slices++) {
            if (canSlice(tile, steps, tiles, slices)) {
                double time = time(tile, precision, steps, tiles, slices);
                if (time < bestTime) {
                    best = slices;
                    bestTime = time;
                }
            }
        }
        return best;
    }

    /** Whether slices of equal length are so many, none of them empty or hardly worth it. */
    private static boolean canSlice(GemmTile tile, int steps, long tiles, int slices) {
        int length = Math.ceilDiv(steps, slices);
        return slices == 1 || length >= FEWEST_STEPS_OF_SLICE && Math.ceilDiv(steps, length) == slices && tiles <= MOST_SLICED_TILES
                && partialBytes(tile, tiles, slices) <= MOST_PARTIAL_BYTES;
    }

    static long partialBytes(GemmTile tile, long tiles, int slices) {
        return slices == 1 ? 0 : tiles * slices * tile.elements() * Float.BYTES;
    }

    private static double time(GemmTile tile, GemmPrecision precision, int steps, long tiles, int slices) {
        Costs costs = precision.onTensorCores() ? TENSOR_CORES : SINGLE;
        int t = tile.ordinal();
        int length = Math.ceilDiv(steps, slices);
        double passing = costs.passing * tile.elements() / GemmTile.SMALL.elements();
        double adding = slices == 1 ? 0 : costs.counting + passing * (1 + slices);
        double alone = length * costs.latency[t] + costs.fixedLatency + adding;
        double shared = length * costs.throughput[t] + costs.fixedThroughput + (slices == 1 ? 0 : passing);
        long blocks = Math.ceilDiv(tiles * slices, (long) MULTIPROCESSORS);
        double time = Math.max(blocks * shared, Math.ceilDiv(blocks, (long) RESIDENT[t]) * alone);
        return slices == 1 ? time : time / LEAST_GAIN;
    }

    @Override
    public String toString() {
        return tile.size() + (slices == 1 ? "" : " in " + slices + " slices");
    }
}
