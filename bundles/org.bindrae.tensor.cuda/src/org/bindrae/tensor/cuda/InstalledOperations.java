package org.bindrae.tensor.cuda;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The operations that bundles bring at the moment. */
final class InstalledOperations {
    private final List<CudaOperations<?>> providers = new CopyOnWriteArrayList<>();

    void add(CudaOperations<?> provider) {
        providers.add(provider);
    }

    void remove(CudaOperations<?> provider) {
        providers.remove(provider);
    }

    /** The one that brings this interface, or null. */
    CudaOperations<?> find(Class<?> type) {
        for (CudaOperations<?> provider : providers) {
            if (provider.type() == type) {
                return provider;
            }
        }
        return null;
    }
}
