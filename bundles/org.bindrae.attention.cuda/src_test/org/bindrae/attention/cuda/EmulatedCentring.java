package org.bindrae.attention.cuda;

import java.lang.reflect.Proxy;

import org.bindrae.geometry.GeometryKernels;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;

/** The one operation on points that trials of the attention need, through the host. */
final class EmulatedCentring implements CudaOperations<GeometryKernels> {
    @Override
    public Class<GeometryKernels> type() {
        return GeometryKernels.class;
    }

    @Override
    public GeometryKernels on(CudaDevice device) {
        return (GeometryKernels) Proxy.newProxyInstance(GeometryKernels.class.getClassLoader(), new Class<?>[] {GeometryKernels.class},
                (_, method, arguments) -> {
                    if (!method.getName().equals("centre")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    centre((Tensor) arguments[0], (Tensor) arguments[1], (double) arguments[2], (Tensor) arguments[3]);
                    return null;
                });
    }

    private static void centre(Tensor points, Tensor offsets, double unit, Tensor centred) {
        double[] values = points.toDoubles();
        double[] starts = offsets.toDoubles();
        for (int s = 0; s + 1 < starts.length; s++) {
            for (int axis = 0; axis < 3; axis++) {
                double sum = 0;
                for (int i = (int) starts[s]; i < starts[s + 1]; i++) {
                    sum += values[3 * i + axis];
                }
                double mean = sum / Math.max(1, starts[s + 1] - starts[s]);
                for (int i = (int) starts[s]; i < starts[s + 1]; i++) {
                    values[3 * i + axis] = unit * (values[3 * i + axis] - mean);
                }
            }
        }
        centred.set(values);
    }
}
