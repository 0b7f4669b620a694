package org.bindrae.tensor.cuda;

/** What happens to the sums of a product after alpha and bias; the bits are those of {@code gemm/gemm.cuh}. */
enum GemmEpilogue {
    /** c = sum + beta·c */
    NONE(0),
    /** pre = sum, c = GELU(pre) */
    GELU(8);

    private final int bits;

    GemmEpilogue(int bits) {
        this.bits = bits;
    }

    int bits() {
        return bits;
    }
}
