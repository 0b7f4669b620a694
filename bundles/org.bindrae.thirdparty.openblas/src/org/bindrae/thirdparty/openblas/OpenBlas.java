package org.bindrae.thirdparty.openblas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The matrix products of OpenBLAS. The library runs on the calling thread only: whoever wants several threads calls it from several. All methods may be called from any thread.
 */
public final class OpenBlas {
    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final int TRANSPOSE = 112;
    /** Longer than any configuration text of the library. */
    private static final long LONGEST_TEXT = 4096;

    private final MethodHandle sgemm;
    private final MethodHandle dgemm;
    private final String description;

    private OpenBlas(Linker linker, SymbolLookup symbols) throws Throwable {
        sgemm = linker.downcallHandle(symbols.findOrThrow("cblas_sgemm"), gemm(JAVA_FLOAT));
        dgemm = linker.downcallHandle(symbols.findOrThrow("cblas_dgemm"), gemm(JAVA_DOUBLE));
        linker.downcallHandle(symbols.findOrThrow("openblas_set_num_threads"), FunctionDescriptor.ofVoid(JAVA_INT)).invokeExact(1);
        String configuration = text(linker, symbols, "openblas_get_config");
        description = configuration.replaceFirst("^(OpenBLAS \\S+).*", "$1") + " for " + text(linker, symbols, "openblas_get_corename");
    }

    private static FunctionDescriptor gemm(ValueLayout real) {
        return FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, real, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, real, ADDRESS,
                JAVA_INT);
    }

    private static String text(Linker linker, SymbolLookup symbols, String function) throws Throwable {
        MethodHandle handle = linker.downcallHandle(symbols.findOrThrow(function), FunctionDescriptor.of(ADDRESS));
        return ((MemorySegment) handle.invokeExact()).reinterpret(LONGEST_TEXT).getString(0).strip();
    }

    /**
     * Loads the library.
     *
     * @throws IllegalStateException where it cannot be used; the message is one line and says why
     */
    public static OpenBlas load() {
        // each needs the ones before it by its SONAME, so that the system need not have them
        String[] libraries = {"quadmath", "gfortran", "openblas"};
        for (String library : libraries) {
            try {
                System.loadLibrary(library);
            } catch (UnsatisfiedLinkError e) {
                throw new IllegalStateException("OpenBLAS is not usable: " + oneLine(e), e);
            }
        }
        try {
            return new OpenBlas(Linker.nativeLinker(), SymbolLookup.loaderLookup());
        } catch (Throwable e) {
            throw new IllegalStateException("OpenBLAS is not usable: " + oneLine(e), e);
        }
    }

    private static String oneLine(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** One phrase for people: version and the processor kind whose kernels are in use. */
    public String description() {
        return description;
    }

    /**
     * c[m,n] = alpha·op(a)[m,k]·op(b)[k,n] + beta·c in single precision, row major. Where beta is zero the old c is not read.
     *
     * @param transposeA whether a lies in memory as [k,m]
     * @param transposeB whether b lies in memory as [n,k]
     * @param aOffsetElements where a starts in its segment, which is off-heap
     * @param lda elements from one row of a in memory to the next
     * @throws IllegalArgumentException where a size is not positive, a segment is on the heap, or a matrix is not within its segment
     */
    public void sgemm(boolean transposeA, boolean transposeB, int m, int n, int k, float alpha, MemorySegment a, long aOffsetElements, int lda, MemorySegment b,
            long bOffsetElements, int ldb, float beta, MemorySegment c, long cOffsetElements, int ldc) {
        checkSizes(m, n, k);
        MemorySegment first = matrix("a", a, aOffsetElements, transposeA ? k : m, transposeA ? m : k, lda, Float.BYTES);
        MemorySegment second = matrix("b", b, bOffsetElements, transposeB ? n : k, transposeB ? k : n, ldb, Float.BYTES);
        MemorySegment result = matrix("c", c, cOffsetElements, m, n, ldc, Float.BYTES);
        try {
            sgemm.invokeExact(ROW_MAJOR, order(transposeA), order(transposeB), m, n, k, alpha, first, lda, second, ldb, beta, result, ldc);
        } catch (Throwable e) {
            throw failure("cblas_sgemm", e);
        }
    }

    /** As {@link #sgemm} in double precision. */
    public void dgemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, MemorySegment a, long aOffsetElements, int lda,
            MemorySegment b,
            long bOffsetElements, int ldb, double beta, MemorySegment c, long cOffsetElements, int ldc) {
        checkSizes(m, n, k);
        MemorySegment first = matrix("a", a, aOffsetElements, transposeA ? k : m, transposeA ? m : k, lda, Double.BYTES);
        MemorySegment second = matrix("b", b, bOffsetElements, transposeB ? n : k, transposeB ? k : n, ldb, Double.BYTES);
        MemorySegment result = matrix("c", c, cOffsetElements, m, n, ldc, Double.BYTES);
        try {
            dgemm.invokeExact(ROW_MAJOR, order(transposeA), order(transposeB), m, n, k, alpha, first, lda, second, ldb, beta, result, ldc);
        } catch (Throwable e) {
            throw failure("cblas_dgemm", e);
        }
    }

    private static int order(boolean transpose) {
        return transpose ? TRANSPOSE : NO_TRANSPOSE;
    }

    private static void checkSizes(int m, int n, int k) {
        if (m <= 0 || n <= 0 || k <= 0) {
            throw new IllegalArgumentException("sizes must be positive: m=" + m + " n=" + n + " k=" + k);
        }
    }

    /** The matrix' own memory. The check stands between a wrong size and a crash of the whole process. */
    private static MemorySegment matrix(String name, MemorySegment memory, long offset, int rows, int columns, int stride, int bytes) {
        long elements = (long) (rows - 1) * stride + columns;
        if (!memory.isNative() || stride < columns || offset < 0 || offset + elements > memory.byteSize() / bytes) {
            throw new IllegalArgumentException(name + " of " + rows + "×" + columns + " elements at " + offset + " with stride " + stride + " does not lie in "
                    + (memory.isNative() ? "off-heap" : "heap") + " memory of " + memory.byteSize() / bytes + " elements");
        }
        return memory.asSlice(offset * bytes, elements * bytes);
    }

    /** A call fails only before it reaches the library, for example because the memory was freed. */
    private static RuntimeException failure(String function, Throwable e) {
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(function + ": " + oneLine(e), e);
    }
}
