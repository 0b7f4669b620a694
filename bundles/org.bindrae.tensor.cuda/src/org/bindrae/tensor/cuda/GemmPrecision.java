package org.bindrae.tensor.cuda;

import java.util.Locale;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Precision;

/** How the factors of a product are rounded, as in the names of kernels. */
enum GemmPrecision {
    F64, F32, TF32, BF16;

    static GemmPrecision of(Precision precision, DType dtype) {
        return switch (dtype) {
            case F64 -> F64;
            case F32 -> switch (precision) {
                case FP64, FP32 -> F32;
                case TF32 -> TF32;
                case BF16 -> BF16;
            };
            case I32 -> throw new IllegalArgumentException("no products of integers");
        };
    }

    String kernelName() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean onTensorCores() {
        return this == TF32 || this == BF16;
    }
}
