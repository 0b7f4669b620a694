package org.bindrae.thirdparty.openblas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Runs where the native library of this platform is found; the in-framework tests make sure that it is in the product. */
class OpenBlasTest {
    private OpenBlas blas;

    @BeforeEach
    void load() {
        try {
            blas = OpenBlas.load();
        } catch (IllegalStateException e) {
            assertTrue(e.getMessage().startsWith("OpenBLAS is not usable: "), e.getMessage());
            assertEquals(1, e.getMessage().lines().count());
            abort(e.getMessage());
        }
    }

    @Test
    void describesVersionAndProcessor() {
        assertTrue(blas.description().matches("OpenBLAS [0-9.]+\\S* for \\S+"), blas.description());
    }

    @RepeatedTest(24)
    void productsOfAnyShapeTranspositionOffsetAndStrideAreRight(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        boolean transposeA = random.nextBoolean();
        boolean transposeB = random.nextBoolean();
        int m = 1 + random.nextInt(40);
        int n = 1 + random.nextInt(40);
        int k = 1 + random.nextInt(40);
        float alpha = random.nextFloat();
        float beta = random.nextBoolean() ? 0 : random.nextFloat();
        int lda = (transposeA ? m : k) + random.nextInt(5);
        int ldb = (transposeB ? k : n) + random.nextInt(5);
        int ldc = n + random.nextInt(5);
        int offset = random.nextInt(7);
        double[] a = values(random, offset + (transposeA ? k : m) * lda);
        double[] b = values(random, offset + (transposeB ? n : k) * ldb);
        double[] c = values(random, offset + m * ldc);
        double[] expected = c.clone();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += a[offset + (transposeA ? p * lda + i : i * lda + p)] * b[offset + (transposeB ? j * ldb + p : p * ldb + j)];
                }
                expected[offset + i * ldc + j] = alpha * sum + beta * c[offset + i * ldc + j];
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = doubles(arena, c);
            blas.dgemm(transposeA, transposeB, m, n, k, alpha, doubles(arena, a), offset, lda, doubles(arena, b), offset, ldb, beta, result, offset, ldc);
            MemorySegment single = floats(arena, c);
            blas.sgemm(transposeA, transposeB, m, n, k, alpha, floats(arena, a), offset, lda, floats(arena, b), offset, ldb, beta, single, offset, ldc);
            for (int i = 0; i < c.length; i++) {
                assertEquals(expected[i], result.getAtIndex(ValueLayout.JAVA_DOUBLE, i), 1e-13 * k);
                assertEquals(expected[i], single.getAtIndex(ValueLayout.JAVA_FLOAT, i), 1e-6 * k);
            }
        }
    }

    @Test
    void anOperandThatIsTooSmallIsRefusedBeforeTheLibrarySeesIt() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nine = floats(arena, new double[9]);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                    () -> blas.sgemm(false, false, 3, 3, 3, 1, nine, 0, 3, nine, 1, 3, 0, nine, 0, 3));
            assertEquals("b of 3×3 elements at 1 with stride 3 does not lie in off-heap memory of 9 elements", e.getMessage());
            MemorySegment heap = MemorySegment.ofArray(new float[9]);
            assertThrows(IllegalArgumentException.class, () -> blas.sgemm(false, false, 3, 3, 3, 1, nine, 0, 3, nine, 0, 3, 0, heap, 0, 3));
            assertThrows(IllegalArgumentException.class, () -> blas.sgemm(false, false, 3, 0, 3, 1, nine, 0, 3, nine, 0, 3, 0, nine, 0, 3));
        }
    }

    private static double[] values(Random random, int count) {
        // whole numbers over 64: exact in single precision too
        return random.ints(count, -128, 129).mapToDouble(i -> i / 64.0).toArray();
    }

    private static MemorySegment doubles(Arena arena, double[] values) {
        return arena.allocateFrom(ValueLayout.JAVA_DOUBLE, values);
    }

    private static MemorySegment floats(Arena arena, double[] values) {
        MemorySegment memory = arena.allocate(ValueLayout.JAVA_FLOAT, values.length);
        for (int i = 0; i < values.length; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return memory;
    }
}
