package org.bindrae.tensor.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.cuda.driver.DriverException;

/**
 * Products of NVIDIA's cuBLASLt, called in the context of a device. Its matrices are column-major, so c = op(a)·op(b) of ours is computed as its transpose,
 * cᵀ = op(b)ᵀ·op(a)ᵀ. Of its epilogues only the bias is used: its GELU is the approximation by tanh.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cublas/#using-the-cublaslt-api">cuBLASLt</a>
 */
final class CublasLt implements AutoCloseable {
    /** Memory that algorithms may use, as recommended for Hopper. */
    static final long WORKSPACE_BYTES = 32L << 20;

    private static final int REAL_32F = 0;
    private static final int REAL_64F = 1;
    private static final int COMPUTE_32F = 68;
    private static final int COMPUTE_64F = 70;
    private static final int COMPUTE_32F_FAST_16BF = 75;
    private static final int COMPUTE_32F_FAST_TF32 = 77;
    private static final int DESCRIPTION_TRANSPOSE_A = 3;
    private static final int DESCRIPTION_TRANSPOSE_B = 4;
    private static final int DESCRIPTION_EPILOGUE = 7;
    private static final int DESCRIPTION_BIAS = 8;
    private static final int EPILOGUE_BIAS = 4;
    private static final int PREFERENCE_WORKSPACE_BYTES = 1;
    private static final int PREFERENCE_ALIGNMENT_A = 5;
    private static final int ALGORITHM_BYTES = 64;
    private static final int HEURISTIC_BYTES = 96;
    private static final int HEURISTIC_WORKSPACE = 64;
    private static final int HEURISTIC_STATE = 72;
    private static final int LARGEST_ALIGNMENT = 256;

    private final Arena memory = Arena.ofShared();
    private final MethodHandle destroy;
    private final MethodHandle descriptionCreate;
    private final MethodHandle descriptionDestroy;
    private final MethodHandle descriptionSet;
    private final MethodHandle layoutCreate;
    private final MethodHandle layoutDestroy;
    private final MethodHandle preferenceCreate;
    private final MethodHandle preferenceDestroy;
    private final MethodHandle preferenceSet;
    private final MethodHandle heuristic;
    private final MethodHandle multiply;
    private final MemorySegment handle;
    private final List<Prepared> prepared = new ArrayList<>();
    private final String description;

    /**
     * Loads the library.
     *
     * @throws DriverException if it cannot be used; the message says why
     */
    CublasLt(Path library) {
        try {
            Linker linker = Linker.nativeLinker();
            SymbolLookup symbols = SymbolLookup.libraryLookup(library, memory);
            Binder bind = (name, parameters) -> linker.downcallHandle(symbols.findOrThrow("cublasLt" + name), FunctionDescriptor.of(JAVA_INT, parameters));
            destroy = bind.function("Destroy", ADDRESS);
            descriptionCreate = bind.function("MatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
            descriptionDestroy = bind.function("MatmulDescDestroy", ADDRESS);
            descriptionSet = bind.function("MatmulDescSetAttribute", ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG);
            layoutCreate = bind.function("MatrixLayoutCreate", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
            layoutDestroy = bind.function("MatrixLayoutDestroy", ADDRESS);
            preferenceCreate = bind.function("MatmulPreferenceCreate", ADDRESS);
            preferenceDestroy = bind.function("MatmulPreferenceDestroy", ADDRESS);
            preferenceSet = bind.function("MatmulPreferenceSetAttribute", ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG);
            heuristic = bind.function("MatmulAlgoGetHeuristic", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
            multiply = bind.function("Matmul", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS,
                    ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
            MethodHandle version = linker.downcallHandle(symbols.findOrThrow("cublasLtGetVersion"), FunctionDescriptor.of(JAVA_LONG));
            long number = (long) version.invokeExact();
            // 120805 is 12.8.5, 130100 is 13.1.0
            description = "cuBLASLt " + number / 10000 + "." + number / 100 % 100 + "." + number % 100 + " (" + library + ")";
            MemorySegment created = memory.allocate(ADDRESS);
            check((int) bind.function("Create", ADDRESS).invokeExact(created), "creating a handle of cuBLASLt");
            handle = created.get(ADDRESS, 0);
        } catch (Throwable e) {
            memory.close();
            throw failed("loading " + library, e);
        }
    }

    @FunctionalInterface
    private interface Binder {
        MethodHandle function(String name, MemoryLayout... parameters);
    }

    /** One phrase for people. */
    String description() {
        return description;
    }

    /** Whether it can compute this product as we do. */
    static boolean supports(GemmProblem problem) {
        return problem.batch() == 1 && problem.epilogue() == GemmEpilogue.NONE && problem.k() > 0;
    }

    /** A product of one shape and one algorithm, for any addresses of the alignment that it was prepared with. Used by one thread at a time. */
    final class Prepared {
        private final MemorySegment operation;
        private final MemorySegment first;
        private final MemorySegment second;
        private final MemorySegment result;
        private final MemorySegment algorithm;
        private final MemorySegment factors = memory.allocate(2L * Double.BYTES, Double.BYTES);
        private final MemorySegment bias = memory.allocate(ADDRESS);

        private Prepared(MemorySegment operation, MemorySegment first, MemorySegment second, MemorySegment result, MemorySegment algorithm) {
            this.operation = operation;
            this.first = first;
            this.second = second;
            this.result = result;
            this.algorithm = algorithm;
        }

        /** Submits the product; allocates nothing, so that a graph can record it. */
        void submit(GemmProblem problem, long workspace, long stream) {
            boolean wide = problem.dtype() == DType.F64;
            MemorySegment beta = factors.asSlice(Double.BYTES);
            if (wide) {
                factors.set(JAVA_DOUBLE, 0, problem.alpha());
                beta.set(JAVA_DOUBLE, 0, problem.beta());
            } else {
                factors.set(JAVA_FLOAT, 0, (float) problem.alpha());
                beta.set(JAVA_FLOAT, 0, (float) problem.beta());
            }
            MemorySegment c = address(problem.c());
            try {
                if (problem.bias() != null) {
                    bias.set(JAVA_LONG, 0, problem.bias().memory().address());
                    check((int) descriptionSet.invokeExact(operation, DESCRIPTION_BIAS, bias, ADDRESS.byteSize()), "setting the bias of a product");
                }
                check((int) multiply.invokeExact(handle, operation, factors, address(problem.b()), first, address(problem.a()), second, beta, c, result, c,
                        result, algorithm, MemorySegment.ofAddress(workspace), WORKSPACE_BYTES, MemorySegment.ofAddress(stream)), "a product of cuBLASLt");
            } catch (Throwable e) {
                throw failed("a product of cuBLASLt", e);
            }
        }

        private void destroy() throws Throwable {
            check((int) descriptionDestroy.invokeExact(operation), "destroying a description");
            for (MemorySegment layout : new MemorySegment[] {first, second, result}) {
                check((int) layoutDestroy.invokeExact(layout), "destroying a layout");
            }
        }
    }

    private static MemorySegment address(Matrix matrix) {
        return MemorySegment.ofAddress(GemmProblem.address(matrix));
    }

    /** The algorithms that the library proposes for a product, the one it thinks best of first; none where it has none. */
    List<Prepared> prepare(GemmProblem problem, GemmPrecision precision, int most) {
        List<Prepared> found = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            Prepared model = describe(problem, precision, arena);
            MemorySegment preference = create(arena, preferenceCreate, "a preference");
            check((int) preferenceSet.invokeExact(preference, PREFERENCE_WORKSPACE_BYTES, number(arena, WORKSPACE_BYTES), JAVA_LONG.byteSize()),
                    "setting a preference");
            long[] addresses = {GemmProblem.address(problem.b()), GemmProblem.address(problem.a()), GemmProblem.address(problem.c()),
                    GemmProblem.address(problem.c())};
            for (int i = 0; i < addresses.length; i++) {
                check((int) preferenceSet.invokeExact(preference, PREFERENCE_ALIGNMENT_A + i, integer(arena, alignment(addresses[i])), JAVA_INT.byteSize()),
                        "setting a preference");
            }
            MemorySegment results = arena.allocate((long) most * HEURISTIC_BYTES, Long.BYTES);
            MemorySegment count = arena.allocate(JAVA_INT);
            int code = (int) heuristic.invokeExact(handle, model.operation, model.first, model.second, model.result, model.result, preference, most, results,
                    count);
            check((int) preferenceDestroy.invokeExact(preference), "destroying a preference");
            for (int i = 0; code == 0 && i < count.get(JAVA_INT, 0); i++) {
                MemorySegment entry = results.asSlice((long) i * HEURISTIC_BYTES, HEURISTIC_BYTES);
                if (entry.get(JAVA_INT, HEURISTIC_STATE) == 0 && entry.get(JAVA_LONG, HEURISTIC_WORKSPACE) <= WORKSPACE_BYTES) {
                    MemorySegment algorithm = memory.allocate(ALGORITHM_BYTES, Long.BYTES).copyFrom(entry.asSlice(0, ALGORITHM_BYTES));
                    Prepared one = describe(problem, precision, arena);
                    found.add(new Prepared(one.operation, one.first, one.second, one.result, algorithm));
                    prepared.add(found.getLast());
                }
            }
            model.destroy();
        } catch (Throwable e) {
            throw failed("asking cuBLASLt for an algorithm", e);
        }
        return found;
    }

    private Prepared describe(GemmProblem problem, GemmPrecision precision, Arena arena) throws Throwable {
        int type = precision == GemmPrecision.F64 ? REAL_64F : REAL_32F;
        int compute = switch (precision) {
            case F64 -> COMPUTE_64F;
            case F32 -> COMPUTE_32F;
            case TF32 -> COMPUTE_32F_FAST_TF32;
            case BF16 -> COMPUTE_32F_FAST_16BF;
        };
        MemorySegment made = arena.allocate(ADDRESS);
        check((int) descriptionCreate.invokeExact(made, compute, type), "describing a product");
        MemorySegment operation = made.get(ADDRESS, 0);
        // ours of [rows, columns] is theirs of [columns, rows]: what we transpose they must, too
        set(operation, DESCRIPTION_TRANSPOSE_A, problem.transposeB() ? 1 : 0, arena);
        set(operation, DESCRIPTION_TRANSPOSE_B, problem.transposeA() ? 1 : 0, arena);
        if (problem.bias() != null) {
            set(operation, DESCRIPTION_EPILOGUE, EPILOGUE_BIAS, arena);
            MemorySegment pointer = number(arena, problem.bias().memory().address());
            check((int) descriptionSet.invokeExact(operation, DESCRIPTION_BIAS, pointer, ADDRESS.byteSize()), "setting the bias of a product");
        }
        int m = problem.m();
        int n = problem.n();
        int k = problem.k();
        return new Prepared(operation, layout(arena, type, problem.transposeB() ? k : n, problem.transposeB() ? n : k, problem.b().stride()),
                layout(arena, type, problem.transposeA() ? m : k, problem.transposeA() ? k : m, problem.a().stride()),
                layout(arena, type, n, m, problem.c().stride()), MemorySegment.NULL);
    }

    private void set(MemorySegment operation, int attribute, int value, Arena arena) throws Throwable {
        check((int) descriptionSet.invokeExact(operation, attribute, integer(arena, value), JAVA_INT.byteSize()), "describing a product");
    }

    /** Column-major, so that rows are contiguous. */
    private MemorySegment layout(Arena arena, int type, long rows, long columns, long stride) throws Throwable {
        MemorySegment made = arena.allocate(ADDRESS);
        check((int) layoutCreate.invokeExact(made, type, rows, columns, Math.max(stride, rows)), "describing a matrix");
        return made.get(ADDRESS, 0);
    }

    private MemorySegment create(Arena arena, MethodHandle function, String what) throws Throwable {
        MemorySegment made = arena.allocate(ADDRESS);
        check((int) function.invokeExact(made), "making " + what);
        return made.get(ADDRESS, 0);
    }

    private static MemorySegment integer(Arena arena, int value) {
        return arena.allocateFrom(JAVA_INT, value);
    }

    private static MemorySegment number(Arena arena, long value) {
        return arena.allocateFrom(JAVA_LONG, value);
    }

    private static int alignment(long address) {
        return (int) Math.min(LARGEST_ALIGNMENT, Long.lowestOneBit(address));
    }

    private static void check(int code, String doing) {
        if (code != 0) {
            throw new DriverException(doing + ": cuBLAS status " + code);
        }
    }

    private static RuntimeException failed(String doing, Throwable e) {
        return e instanceof RuntimeException runtime && !(e instanceof IllegalCallerException) ? runtime
                : new DriverException(doing + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            for (Prepared one : prepared) {
                one.destroy();
            }
            check((int) destroy.invokeExact(handle), "destroying a handle of cuBLASLt");
        } catch (Throwable e) {
            throw failed("closing cuBLASLt", e);
        } finally {
            memory.close();
        }
    }
}
