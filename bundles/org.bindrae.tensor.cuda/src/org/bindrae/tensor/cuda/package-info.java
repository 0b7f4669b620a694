/**
 * An NVIDIA graphics card as a device: kernels of ours loaded from fatbins, launched in order on one stream, whole training steps as CUDA graphs.
 */
package org.bindrae.tensor.cuda;
