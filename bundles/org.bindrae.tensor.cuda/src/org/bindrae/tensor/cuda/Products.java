package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
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
     * y = x·Wᵀ + b; where {@code preActivation} is given it becomes that and y its GELU (exact, by erf).
     *
     * @param x [rows, in]
     * @param weight [out, in]
     * @param bias [out] or null
     * @param preActivation [rows, out] or null
     * @param y [rows, out]
     */
    public void linear(Tensor x, Tensor weight, Tensor bias, Tensor preActivation, Tensor y) {
        GemmProblem product = GemmProblem.of(false, true, x.rows(), weight.rows(), x.columns(), 1, Matrix.of(x), Matrix.of(weight), 0, Matrix.of(y));
        run(product.withEpilogue(bias, preActivation == null ? GemmEpilogue.NONE : GemmEpilogue.GELU, preActivation));
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
            GemmProblem product = GemmProblem.of(false, true, map.x().rows(), map.weight().rows(), map.x().columns(), 1, Matrix.of(map.x()),
                    Matrix.of(map.weight()), 0, Matrix.of(map.y())).withEpilogue(map.bias(), GemmEpilogue.NONE, null);
            product.check(device);
            if (!product.isEmpty()) {
                problems.add(product);
            }
        }
        launchAlike(problems.stream().filter(p -> p.dtype() == DType.F32).toList());
        problems.stream().filter(p -> p.dtype() == DType.F64).forEach(this::launch);
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

    /** How a product can be computed here, with the way of the rule first: for tests and checks. */
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
