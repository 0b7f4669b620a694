package org.bindrae.tensor;

/** How a device computes matrix products. Sums and everything that is no product are at least single precision in all of them. */
public enum Precision {
    /** Double precision throughout. */
    FP64(DType.F64, 1e-10),
    /** Single precision. */
    FP32(DType.F32, 1e-5),
    /** Factors rounded to the 11 significant bits of TF32, single-precision sums. */
    TF32(DType.F32, 1e-3),
    /** Factors rounded to the 8 significant bits of bfloat16, single-precision sums; weights stay in single precision. */
    BF16(DType.F32, 5e-3);

    private final DType dtype;
    private final double tolerance;

    Precision(DType dtype, double tolerance) {
        this.dtype = dtype;
        this.tolerance = tolerance;
    }

    /** How products of tensors of this type are computed on a device. */
    public static Precision of(Device device, DType dtype) {
        return dtype == DType.F64 ? FP64 : device.precision();
    }

    /** What tensors hold. */
    public DType dtype() {
        return dtype;
    }

    /** What the result of a layer may differ from double precision, relative to its norm; its gradients may differ twice as much. */
    public double tolerance() {
        return tolerance;
    }
}
