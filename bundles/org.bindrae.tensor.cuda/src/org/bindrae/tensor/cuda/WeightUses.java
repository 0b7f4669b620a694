package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Tensor;

/**
 * A weight with the uses that add to its gradient, which all add to the same bias or to none.
 *
 * <p>
 * Where it has few tiles and many rows, its rows are cut into slabs, whose sums are added later: without them the last blocks would work long after all others.
 * How many there are depends on nothing but its shape, so that its gradient has the same bits beside any others and on all cards of a kind.
 */
record WeightUses(List<LinearGradient> uses) {
    private static final int STEP = GradientTile.STEP;
    /** A tile of slabs is as large as the largest {@link GradientTile}. */
    private static final int TILE = 192;
    /** Blocks of a weight that are enough, and steps of a slab that are worth writing and reading its sums. */
    private static final int BLOCKS = 16;
    private static final int FEWEST_STEPS = 32;
    /** The same for a weight of one tile, whose sums are few. */
    private static final int BLOCKS_OF_ONE_TILE = 32;
    private static final int FEWEST_STEPS_OF_ONE_TILE = 8;
    /** Memory of slabs begins at whole pieces of 16 bytes. */
    private static final int PIECE = 4;

    /** Steps of the uses one after another, from first on. */
    record Slab(WeightUses weight, int number, int first, int steps) {
        /** Rows of a use that a slab takes. */
        record Part(LinearGradient use, int row, int rows) {
        }

        List<Part> parts() {
            List<Part> parts = new ArrayList<>();
            int before = 0;
            for (LinearGradient use : weight.uses) {
                int rows = use.x().rows();
                int from = Math.max(first - before, 0);
                int to = Math.min(first + steps - before, stepsOf(use));
                if (from < to) {
                    parts.add(new Part(use, from * STEP, Math.min(to * STEP, rows) - from * STEP));
                }
                before += stepsOf(use);
            }
            return parts;
        }
    }

    LinearGradient first() {
        return uses.getFirst();
    }

    Tensor dweight() {
        return first().dweight();
    }

    /** Or null. */
    Tensor dbias() {
        return first().dbias();
    }

    int out() {
        return dweight().rows();
    }

    int in() {
        return dweight().columns();
    }

    private static int stepsOf(LinearGradient use) {
        return Math.ceilDiv(use.x().rows(), STEP);
    }

    int steps() {
        return uses.stream().mapToInt(WeightUses::stepsOf).sum();
    }

    long rows() {
        return uses.stream().mapToLong(use -> use.x().rows()).sum();
    }

    long multiplications() {
        return rows() * out() * in();
    }

    GemmPrecision precision(GemmPrecision single) {
        return GemmProblem.precision(DType.F32, single, out(), in(), rows());
    }

    /** Steps of its longest slab. */
    int longest() {
        int tiles = Math.multiplyExact(Math.ceilDiv(out(), TILE), Math.ceilDiv(in(), TILE));
        int slabs = tiles == 1 ? Math.min(steps() / FEWEST_STEPS_OF_ONE_TILE, BLOCKS_OF_ONE_TILE) : Math.min(steps() / FEWEST_STEPS, BLOCKS / tiles);
        return Math.ceilDiv(steps(), Math.max(1, slabs));
    }

    List<Slab> slabs() {
        int steps = steps();
        int longest = longest();
        List<Slab> slabs = new ArrayList<>();
        for (int from = 0; from < steps; from += longest) {
            slabs.add(new Slab(this, slabs.size(), from, Math.min(longest, steps - from)));
        }
        return slabs;
    }

    /** Floats from one slab's sums of dweight to the next, and the same for dbias. */
    int slabStride() {
        return align(dweight().size());
    }

    int biasStride() {
        return dbias() == null ? 0 : align(out());
    }

    private static int align(long floats) {
        return Math.toIntExact((floats + PIECE - 1) / PIECE * PIECE);
    }
}
