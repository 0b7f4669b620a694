/* Products of factors rounded to tf32, with single-precision sums. */
#include "kernels.cuh"

GEMM_KERNELS(tf32, gemm::Tf32)
