package org.bindrae.training;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.bindrae.tensor.Devices;
import org.bindrae.tensor.Precision;

/**
 * Where and how exactly a network is computed.
 *
 * @param device its name, or {@link Devices#AUTO}
 * @param precision of products: a {@link Precision} in small letters, or {@link #AUTO}
 */
public record Compute(String device, String precision) {
    /** fp32 on the processor, tf32 on a GPU. */
    public static final String AUTO = "auto";
    private static final Pattern DEVICE = Pattern.compile(Devices.AUTO + "|cpu|[a-z]+:[0-9]+");
    private static final Set<String> PRECISIONS = Set.of(AUTO, "fp64", "fp32", "tf32", "bf16");

    public static Compute defaults() {
        return new Compute(Devices.AUTO, AUTO);
    }

    /** Fails when a value cannot be used. Whether there is such a device is seen when it is {@linkplain Workbench#place asked for}. */
    public void validate() {
        if (device == null || !DEVICE.matcher(device).matches()) {
            throw new IllegalArgumentException("compute.device must be auto, cpu, or kind and number of a device such as cuda:0, not " + device);
        }
        if (!PRECISIONS.contains(precision)) {
            throw new IllegalArgumentException("compute.precision must be auto, fp64, fp32, tf32 or bf16, not " + precision);
        }
    }

    /** The precision that is asked for, on a device or a host. */
    Precision precision(boolean host) {
        if (precision.equals(AUTO)) {
            return host ? Precision.FP32 : Precision.TF32;
        }
        return Precision.valueOf(precision.toUpperCase(Locale.ROOT));
    }
}
