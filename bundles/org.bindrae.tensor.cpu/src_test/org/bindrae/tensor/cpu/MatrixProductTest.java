package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.random.RandomGenerator;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MatrixProductTest {
    private final CpuDevice device = new CpuDevice(2, true);
    private final RandomGenerator random = new java.util.SplittableRandom(1);

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void agreesWithTheDefinition(DType type) {
        for (int trial = 0; trial < 60; trial++) {
            check(type, random.nextInt(0, 40), random.nextInt(0, 40), random.nextInt(0, 40), trial);
        }
    }

    @Test
    void agreesWithTheDefinitionWhereWorkIsSplit() {
        for (int trial = 0; trial < 4; trial++) {
            check(DType.F32, 530, 401, 60, trial);
            check(DType.F64, 130, 800, 70, trial);
        }
    }

    /** c is a column block of a wider matrix, a and b start at an offset; every combination of transposition in turn. */
    private void check(DType type, int m, int n, int k, int trial) {
        boolean ta = (trial & 1) != 0;
        boolean tb = (trial & 2) != 0;
        double alpha = trial % 3 == 0 ? 1 : -0.7;
        double beta = trial % 5 == 0 ? 1 : trial % 5 == 1 ? 0.3 : 0;
        try (TensorArena arena = device.arena()) {
            int strideA = (ta ? m : k) + trial % 4;
            int strideB = (tb ? k : n) + trial % 3;
            int strideC = n + 5;
            Matrix a = new Matrix(random(arena, type, 7 + (ta ? k : m) * strideA), 7, strideA);
            Matrix b = new Matrix(random(arena, type, 3 + (tb ? n : k) * strideB), 3, strideB);
            Tensor cTensor = random(arena, type, 2 + m * strideC);
            double[] old = cTensor.toDoubles();
            if (beta == 0) {
                // what is overwritten must not matter
                for (int i = 0; i < m; i++) {
                    for (int j = 0; j < n; j++) {
                        type.set(cTensor.memory(), 2 + i * strideC + j, Double.NaN);
                    }
                }
            }
            device.kernels().gemm(ta, tb, m, n, k, alpha, a, b, beta, new Matrix(cTensor, 2, strideC));
            double[] aData = a.tensor().toDoubles();
            double[] bData = b.tensor().toDoubles();
            double[] expected = old.clone();
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += aData[7 + (ta ? p * strideA + i : i * strideA + p)] * bData[3 + (tb ? j * strideB + p : p * strideB + j)];
                    }
                    int at = 2 + i * strideC + j;
                    expected[at] = alpha * sum + (beta == 0 ? 0 : beta * old[at]);
                }
            }
            double[] actual = cTensor.toDoubles();
            double tolerance = (type == DType.F32 ? 4e-7 : 1e-15) * Math.max(10, k);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], actual[i], tolerance, "element " + i + " of " + m + "×" + n + "×" + k + " " + ta + tb);
            }
        }
    }

    private Tensor random(TensorArena arena, DType type, int size) {
        double[] values = random.doubles(size, -1, 1).toArray();
        return arena.allocate(type, Shape.of(size)).set(values);
    }
}
