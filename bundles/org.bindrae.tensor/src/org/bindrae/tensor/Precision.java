package org.bindrae.tensor;

/** How a device computes matrix products. Sums and everything that is no product are at least single precision in all of them. */
public enum Precision {
    /** Double precision throughout. */
    FP64(DType.F64, 1e-10, 0x1p-52),
    /** Single precision. */
    FP32(DType.F32, 1e-5, 0x1p-23),
    /** Factors rounded to the 11 significant bits of TF32, single-precision sums. */
    TF32(DType.F32, 1e-3, 0x1p-11),
    /** Factors rounded to the 8 significant bits of bfloat16 (of small products as in {@link #TF32}), single-precision sums; weights stay in single precision. */
    BF16(DType.F32, 5e-3, 0x1p-8);

    private final DType dtype;
    private final double tolerance;
    private final double rounding;

    Precision(DType dtype, double tolerance, double rounding) {
        this.dtype = dtype;
        this.tolerance = tolerance;
        this.rounding = rounding;
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

    /** Relative error of one rounding. */
    public double rounding() {
        return rounding;
    }
}
