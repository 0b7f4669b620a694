package org.bindrae.tensor.cuda;

import java.util.HashMap;
import java.util.Map;

/** Kernels compiled together, loaded on one device. */
public final class CudaModule {
    private final CudaDevice device;
    private final String name;
    private final Map<String, CudaKernel> kernels = new HashMap<>();

    CudaModule(CudaDevice device, String name) {
        this.device = device;
        this.name = name;
    }

    /**
     * A kernel by its name in the source, looked up once.
     *
     * @throws IllegalArgumentException if there is none
     */
    public synchronized CudaKernel kernel(String kernel) {
        return kernels.computeIfAbsent(kernel, n -> new CudaKernel(device, n));
    }

    @Override
    public String toString() {
        return name;
    }
}
