package org.bindrae.tensor.cuda;

import org.osgi.annotation.versioning.ProviderType;

/** Work that a library submits to a CUDA stream by itself. */
@FunctionalInterface
@ProviderType
public interface StreamWork {
    /**
     * Submits it, asynchronously, without allocating or waiting (the stream may be recording a graph).
     *
     * @param stream the CUstream
     */
    void submit(long stream);
}
