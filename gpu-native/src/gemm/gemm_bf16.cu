/* Products of factors rounded to bf16, with single-precision sums. */
#include "kernels.cuh"

GEMM_KERNELS(bf16, gemm::Bf16)
