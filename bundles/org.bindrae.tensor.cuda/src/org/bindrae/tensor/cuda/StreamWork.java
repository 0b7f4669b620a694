package org.bindrae.tensor.cuda;

/** Work that a library submits to a CUDA stream by itself. */
@FunctionalInterface
public interface StreamWork {
    /**
     * Submits it, asynchronously, without allocating or waiting (the stream may be recording a graph).
     *
     * @param stream the CUstream
     */
    void submit(long stream);
}
