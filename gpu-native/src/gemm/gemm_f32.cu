/* Products in single precision. */
#include "kernels.cuh"

GEMM_KERNELS(f32, gemm::Fp32)
