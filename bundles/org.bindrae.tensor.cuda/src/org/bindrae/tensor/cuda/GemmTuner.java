package org.bindrae.tensor.cuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.driver.DriverException;
import org.bindrae.tensor.cuda.driver.NvidiaDriver;

/**
 * Chooses how to compute a product by timing on the card, where {@value #PROPERTY} is set: the plans that {@link GemmPlan} thinks best of, and the algorithms
 * that cuBLASLt proposes. A choice is made when a kind of product first comes and kept as long as the device. Another run may choose otherwise, and then sums
 * have another order: with tuning, results are the same from step to step but not from run to run.
 */
final class GemmTuner {
    static final String PROPERTY = "bindrae.cuda.tune";

    /** Besides those with warpgroup products. */
    private static final int OWN_CANDIDATES = 6;
    private static final int LIBRARY_CANDIDATES = 8;
    private static final int LAUNCHES = 16;
    private static final int REPEATS = 3;
    /** What another way must gain over the plan of the rule to be worth other bits. */
    private static final double GAIN = 0.95;

    private final CudaDevice device;
    private final GemmPrecision single;
    private final GemmKernels kernels;
    private final Map<Key, Way> ways = new HashMap<>();
    private CublasLt library;
    private long workspace;
    private String libraryState;

    /** A way to compute a kind of product. */
    sealed interface Way {
        record Own(GemmPlan plan) implements Way {
            @Override
            public String toString() {
                return plan.toString();
            }
        }

        record Library(CublasLt.Prepared prepared, int place) implements Way {
            @Override
            public String toString() {
                return "cuBLASLt " + place;
            }
        }
    }

    /** What products have in common that are computed in one way. */
    private record Key(boolean transposeA, boolean transposeB, int m, int n, int k, int strideA, int strideB, int strideC, int flags, boolean bias,
            boolean adds, int batch, boolean wide) {
        static Key of(GemmProblem p) {
            return new Key(p.transposeA(), p.transposeB(), p.m(), p.n(), p.k(), p.a().stride(), p.b().stride(), p.c().stride(), p.flags(), p.bias() != null,
                    p.beta() != 0, p.batch(), p.dtype() == DType.F64);
        }
    }

    /** What a call of the library does, to compare with the call of another step. */
    private record Call(Key key, int algorithm, long a, long b, long c, long bias, double alpha, double beta) {
    }

    GemmTuner(CudaDevice device, GemmPrecision single, GemmKernels kernels) {
        this.device = device;
        this.single = single;
        this.kernels = kernels;
    }

    private GemmPrecision precision(GemmProblem problem) {
        return problem.precision(single);
    }

    /** Queues a checked product in the way chosen for it. */
    synchronized void launch(GemmProblem problem) {
        Way way = ways.computeIfAbsent(Key.of(problem), missing -> fastest(problem));
        launch(problem, way);
    }

    synchronized void launch(GemmProblem problem, Way way) {
        switch (way) {
            case Way.Own own -> kernels.launch(problem, own.plan());
            case Way.Library lib -> {
                long memory = workspace;
                device.enqueue(new Call(Key.of(problem), lib.place(), GemmProblem.address(problem.a()), GemmProblem.address(problem.b()),
                        GemmProblem.address(problem.c()), problem.bias() == null ? 0 : problem.bias().memory().address(), problem.alpha(), problem.beta()),
                        stream -> lib.prepared().submit(problem, memory, stream));
            }
        }
    }

    /** All ways of a checked product, that of the rule first. */
    synchronized List<Way> ways(GemmProblem problem) {
        List<Way> all = new ArrayList<>();
        int alone = 0;
        for (GemmPlan plan : GemmPlan.candidates(problem, precision(problem), kernels.hasWide())) {
            if (plan.wide() || alone < OWN_CANDIDATES) {
                all.add(new Way.Own(plan));
                alone += plan.wide() ? 0 : 1;
            }
        }
        if (CublasLt.supports(problem) && library() != null) {
            List<CublasLt.Prepared> algorithms = library.prepare(problem, precision(problem), LIBRARY_CANDIDATES);
            for (int i = 0; i < algorithms.size(); i++) {
                all.add(new Way.Library(algorithms.get(i), i));
            }
        }
        return all;
    }

    private Way fastest(GemmProblem problem) {
        List<Way> all = ways(problem);
        // the result goes elsewhere, so that what is added to stays
        long elements = (long) (problem.m() - 1) * problem.c().stride() + problem.n() + (problem.batch() - 1) * Math.abs(problem.batchC());
        if (problem.batchC() < 0 || elements > Integer.MAX_VALUE) {
            return all.getFirst();
        }
        try (TensorArena arena = device.arena()) {
            Matrix other = new Matrix(arena.allocate(problem.dtype(), Shape.of((int) elements)), 0, problem.c().stride());
            GemmProblem trial = problem.withResult(other);
            Way best = null;
            double bestTime = 0;
            for (Way way : all) {
                double time = milliseconds(trial, way);
                if (best == null || time < bestTime * (best == all.getFirst() ? GAIN : 1)) {
                    best = way;
                    bestTime = time;
                }
            }
            return best;
        }
    }

    private double milliseconds(GemmProblem problem, Way way) {
        launch(problem, way);
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < REPEATS; i++) {
            best = Math.min(best, device.milliseconds(() -> {
                for (int j = 0; j < LAUNCHES; j++) {
                    launch(problem, way);
                }
            }) / LAUNCHES);
        }
        return best;
    }

    /** What is in use besides our own kernels, or why nothing is: for people. */
    synchronized String libraryState() {
        library();
        return libraryState;
    }

    private CublasLt library() {
        if (libraryState == null) {
            if (!(device.queue().driver() instanceof NvidiaDriver)) {
                libraryState = "no cuBLASLt without a card";
                return null;
            }
            Optional<Path> found = CublasLtLibrary.find();
            if (found.isEmpty()) {
                libraryState = CublasLtLibrary.missing();
                return null;
            }
            try {
                // makes the context this thread's, which the library needs
                device.queue().stream();
                library = new CublasLt(found.get());
                device.queue().onClose(library::close);
                workspace = device.queue().allocate(CublasLt.WORKSPACE_BYTES);
                libraryState = library.description();
            } catch (DriverException e) {
                libraryState = "cuBLASLt is not usable: " + e.getMessage();
            }
        } else if (library != null) {
            device.queue().stream();
        }
        return library;
    }
}
