package org.bindrae.tensor.cuda;

import java.util.HashMap;
import java.util.Map;

/** Kernels compiled together, loaded on one device. */
public final class CudaModule {
    private final CudaQueue queue;
    private final String name;
    private final long[] handles;
    private final Map<String, CudaKernel> kernels = new HashMap<>();

    CudaModule(CudaQueue queue, String name, long[] handles) {
        this.queue = queue;
        this.name = name;
        this.handles = handles;
    }

    /**
     * A kernel by its name in the source, looked up once.
     *
     * @throws IllegalArgumentException if there is none
     */
    public CudaKernel kernel(String kernel) {
        synchronized (queue) {
            CudaKernel known = kernels.get(kernel);
            if (known == null) {
                long function = 0;
                for (int i = 0; i < handles.length && function == 0; i++) {
                    function = queue.findFunction(handles[i], kernel);
                }
                if (function == 0) {
                    throw new IllegalArgumentException("the kernels " + name + " have no " + kernel);
                }
                known = new CudaKernel(queue, kernel, function);
                kernels.put(kernel, known);
            }
            return known;
        }
    }

    /** Modules of the driver. */
    long[] handles() {
        return handles;
    }

    @Override
    public String toString() {
        return name;
    }
}
