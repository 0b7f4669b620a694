package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.InputGradient;
import org.bindrae.tensor.Kernels.LinearMap;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Tensor;

/**
 * Matrix products of a device in its precision: our own kernels by the fixed rule of {@link GemmPlan}, so that equal products have equal bits on every run and
 * every card of the same capability; or, where the system property {@code bindrae.cuda.tune} is true, the fastest of these and of cuBLASLt by a measurement of
 * each kind of product when it first comes, which may differ from run to run. Tensors of {@link DType#F64} are computed in double precision whatever the
 * device's precision.
 */
public final class Products {
    private final CudaDevice device;
    private final GemmKernels kernels;
    private final GemmTuner tuner;
    private final boolean tunes;
    private final GemmPrecision single;

    /**
     * A product of {@link #grouped}: c[m,n] = alpha·op(a)·op(b) + beta·c, op = transpose where said.
     */
    public record Problem(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    }

    public Products(CudaDevice device) {
        this.device = device;
        this.single = GemmPrecision.of(device.precision(), DType.F32);
        this.kernels = new GemmKernels(device, single);
        this.tuner = new GemmTuner(device, single, kernels);
        this.tunes = Boolean.getBoolean(GemmTuner.PROPERTY) && device.queue().driver().computes();
    }

    /**
     * c[m,n] = alpha·op(a)·op(b) + beta·c, op = transpose where said; zero sizes are allowed, and c is not read where beta is zero.
     *
     * @throws IllegalArgumentException for a matrix that does not lie within its tensor
     */
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        run(GemmProblem.of(transposeA, transposeB, m, n, k, alpha, a, b, beta, c));
    }

    /**
     * y = x·Wᵀ + b.
     *
     * @param x [rows, in]
     * @param weight [out, in]
     * @param bias [out] or null
     * @param y [rows, out]
     */
    public void linear(Tensor x, Tensor weight, Tensor bias, Tensor y) {
        run(linearOf(x, weight, y).withBias(bias));
    }

    /** {@link #linear} with the result z, and y = dropout(GELU(z)) (exact, by erf). */
    public void linearGelu(Tensor x, Tensor weight, Tensor bias, Dropout dropout, Tensor z, Tensor y) {
        run(linearOf(x, weight, y).withEpilogue(bias, GemmEpilogue.GELU, z, dropout));
    }

    private static GemmProblem linearOf(Tensor x, Tensor weight, Tensor y) {
        return GemmProblem.of(false, true, x.rows(), weight.rows(), x.columns(), 1, Matrix.of(x), Matrix.of(weight), 0, Matrix.of(y));
    }

    /**
     * The way back through a linear map after {@link #linearGelu}: dz = dropout(dy·W) ∘ GELU'(z).
     *
     * @param dy [rows, out]
     * @param weight [out, in]
     * @param z [rows, in]
     * @param dz [rows, in]
     */
    public void linearGeluBackward(Tensor dy, Tensor weight, Tensor z, Dropout dropout, Tensor dz) {
        GemmProblem product = GemmProblem.of(false, false, dy.rows(), weight.columns(), weight.rows(), 1, Matrix.of(dy), Matrix.of(weight), 0, Matrix.of(dz));
        run(product.withEpilogue(null, GemmEpilogue.GELU_GRADIENT, z, dropout));
    }

    /**
     * Products in as few launches as possible, in no particular order: none may read or write what another one writes. Runs of equal products at constant
     * distances, such as one per head, count as one problem of a launch, which takes four.
     *
     * @throws IllegalArgumentException as {@link #gemm}
     */
    public void grouped(List<Problem> problems) {
        List<GemmProblem> merged = new ArrayList<>();
        for (Problem p : problems) {
            GemmProblem problem = GemmProblem.of(p.transposeA, p.transposeB, p.m, p.n, p.k, p.alpha, p.a, p.b, p.beta, p.c);
            problem.check(device);
            if (problem.isEmpty()) {
                continue;
            }
            GemmProblem longer = merged.isEmpty() ? null : merged.getLast().append(problem);
            if (longer == null) {
                merged.add(problem);
            } else {
                merged.set(merged.size() - 1, longer);
            }
        }
        for (int kind = 0; kind < 4; kind++) {
            boolean transposeA = (kind & 1) != 0;
            boolean transposeB = (kind & 2) != 0;
            List<GemmProblem> alike = merged.stream().filter(p -> p.transposeA() == transposeA && p.transposeB() == transposeB).toList();
            launchAlike(alike.stream().filter(p -> p.dtype() == DType.F32).toList());
            alike.stream().filter(p -> p.dtype() == DType.F64).forEach(this::launch);
        }
    }

    /** y = x·Wᵀ + b as {@link #linear} for each, in as few launches as possible, in no particular order. */
    public void linears(List<LinearMap> maps) {
        List<GemmProblem> problems = new ArrayList<>();
        for (LinearMap map : maps) {
            GemmProblem product = linearOf(map.x(), map.weight(), map.y()).withBias(map.bias());
            product.check(device);
            if (!product.isEmpty()) {
                problems.add(product);
            }
        }
        launchAlike(problems.stream().filter(p -> p.dtype() == DType.F32).toList());
        problems.stream().filter(p -> p.dtype() == DType.F64).forEach(this::launch);
    }

    /**
     * dx = dy·W or dx += dy·W for each, in as few launches as possible: what comes to one dx is a single sum, not rounded in between. Of products that are
     * computed in different precisions, see {@link GemmProblem#precision}, those of one precision are a sum.
     *
     * @throws IllegalArgumentException as {@link #gemm}
     */
    public void inputGradients(List<InputGradient> gradients) {
        Map<Long, List<GemmProblem>> sums = new LinkedHashMap<>();
        for (InputGradient g : gradients) {
            int in = g.dx().columns();
            GemmProblem product = GemmProblem.of(false, false, g.dx().rows(), in, g.weight().rows(), 1, Matrix.of(g.dy()), new Matrix(g.weight(), 0, in),
                    g.adds() ? 1 : 0, Matrix.of(g.dx()));
            product.check(device);
            if (product.isEmpty()) {
                continue;
            }
            long address = GemmProblem.address(product.c());
            if (sums.containsKey(address) && sums.get(address).getFirst().n() != in) {
                // another view of the same gradient
                launchSums(sums.values());
                sums.clear();
            }
            List<GemmProblem> sum = sums.computeIfAbsent(address, _ -> new ArrayList<>());
            if (!g.adds()) {
                sum.clear();
            }
            sum.add(product);
        }
        launchSums(sums.values());
    }

    /** @param sums products with one result each */
    private void launchSums(Collection<List<GemmProblem>> sums) {
        Map<GemmPrecision, List<GemmSum>> parts = new EnumMap<>(GemmPrecision.class);
        for (List<GemmProblem> sum : sums) {
            for (GemmSum part : GemmSum.parts(sum, single)) {
                parts.computeIfAbsent(part.precision(), _ -> new ArrayList<>()).add(part);
            }
        }
        parts.values().forEach(this::launchAlikeSums);
    }

    /** Sums of one precision, of which those of equal sizes that follow each other share a launch: never parts of one, of which the first fills it. */
    private void launchAlikeSums(List<GemmSum> sums) {
        int from = 0;
        while (from < sums.size()) {
            GemmSum first = sums.get(from);
            int terms = first.terms().size();
            int to = from + 1;
            while (to < sums.size() && sums.get(to).isAlike(first) && terms + sums.get(to).terms().size() <= GemmSum.MOST_TERMS) {
                terms += sums.get(to).terms().size();
                to++;
            }
            if (terms == 1 || first.precision() == GemmPrecision.F64) {
                sums.subList(from, to).forEach(sum -> launch(sum.terms().getFirst()));
            } else {
                kernels.launchSums(sums.subList(from, to));
            }
            from = to;
        }
    }

    /** Products of single-precision tensors with equal transposes. */
    private void launchAlike(List<GemmProblem> problems) {
        problems.stream().collect(Collectors.groupingBy(p -> p.precision(single), () -> new EnumMap<>(GemmPrecision.class), Collectors.toList())).values()
                .forEach(this::launchGroups);
    }

    private void launchGroups(List<GemmProblem> problems) {
        for (int from = 0; from < problems.size(); from += GemmKernels.GROUP) {
            List<GemmProblem> group = problems.subList(from, Math.min(from + GemmKernels.GROUP, problems.size()));
            if (group.size() == 1) {
                launch(group.getFirst());
            } else {
                kernels.launchGroup(group);
            }
        }
    }

    private void run(GemmProblem problem) {
        problem.check(device);
        if (!problem.isEmpty()) {
            launch(problem);
        }
    }

    private void launch(GemmProblem problem) {
        if (tunes) {
            tuner.launch(problem);
        } else {
            kernels.launch(problem, GemmPlan.of(problem, problem.precision(single), kernels.hasWide()));
        }
    }

    /** How a product can be computed here, with the way of the rule first: for tests and measurements. */
    List<GemmTuner.Way> ways(GemmProblem problem) {
        problem.check(device);
        return tuner.ways(problem);
    }

    void launch(GemmProblem problem, GemmTuner.Way way) {
        tuner.launch(problem, way);
    }

    /** What there is besides our own kernels, or why there is nothing: one line for people. */
    public String libraryState() {
        return tuner.libraryState();
    }
}
