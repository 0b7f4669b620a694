package org.bindrae.tensor;

/** How a device computes matrix products. Sums and everything that is no product are at least single precision in all of them. */
public enum Precision {
    /** Double precision throughout. */
    FP64(DType.F64),
    /** Single precision. */
    FP32(DType.F32),
    /** Factors rounded to the 11 significant bits of TF32, single-precision sums. */
    TF32(DType.F32),
    /** Factors rounded to the 8 significant bits of bfloat16, single-precision sums; weights stay in single precision. */
    BF16(DType.F32);

    private final DType dtype;

    Precision(DType dtype) {
        this.dtype = dtype;
    }

    /** What tensors hold. */
    public DType dtype() {
        return dtype;
    }
}
