package org.bindrae.tensor;

import java.util.List;

import org.osgi.annotation.versioning.ProviderType;

/** Floating tensors of one type for the calls of {@link Kernels} that work on many at once; made by {@link Kernels#list}. */
@ProviderType
public interface TensorList {
    List<Tensor> tensors();
}
