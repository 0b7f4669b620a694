package org.bindrae.tensor.cuda;

import java.util.List;

/** What people are told about CUDA on this machine. */
public interface CudaStatus {
    /** One line per card, or one that says why there is none. */
    List<String> lines();
}
