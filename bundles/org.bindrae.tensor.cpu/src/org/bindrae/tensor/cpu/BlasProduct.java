package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.thirdparty.openblas.OpenBlas;

/** Matrix products of OpenBLAS; the class does not load where that bundle is not there. */
record BlasProduct(OpenBlas blas) implements MatrixProduct {
    @Override
    public String description() {
        return blas.description();
    }

    @Override
    public void multiply(DType type, boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, MemorySegment a, int strideA, MemorySegment b,
            int strideB, double beta, MemorySegment c, int strideC) {
        switch (type) {
            case F32 -> blas.sgemm(transposeA, transposeB, m, n, k, (float) alpha, a, 0, strideA, b, 0, strideB, (float) beta, c, 0, strideC);
            case F64 -> blas.dgemm(transposeA, transposeB, m, n, k, alpha, a, 0, strideA, b, 0, strideB, beta, c, 0, strideC);
            case I32 -> throw new IllegalArgumentException("no matrix product of " + type);
        }
    }
}
