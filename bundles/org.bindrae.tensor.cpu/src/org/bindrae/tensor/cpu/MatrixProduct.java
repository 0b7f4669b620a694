package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.thirdparty.openblas.OpenBlas;

/** c[m,n] = alpha·op(a)·op(b) + beta·c on one thread. Segments start at the first element of each matrix; m, n and k are positive. */
interface MatrixProduct {
    /** One phrase for people. */
    String description();

    void multiply(DType type, boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, MemorySegment a, int strideA, MemorySegment b,
            int strideB, double beta, MemorySegment c, int strideC);

    /** OpenBLAS where it can be used; plain Java, whose description says why, otherwise. */
    static MatrixProduct fastest() {
        try {
            return new BlasProduct(OpenBlas.load());
        } catch (IllegalStateException | IllegalCallerException e) {
            return new PlainProduct("plain matrix products (" + e.getMessage() + ")");
        } catch (LinkageError e) {
            return new PlainProduct("plain matrix products (the bundle org.bindrae.thirdparty.openblas is not there)");
        }
    }
}
