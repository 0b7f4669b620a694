/*
 * What a residue's neighbours look like (org.bindrae.edge.EdgeKernels.describe): per neighbour the channels of its distance, in double precision, then its index
 * embedding. A warp per neighbour, its lanes along the numbers of the result [T, k·(D + F)]; eight per block, no shared memory; bound by the memory it writes.
 */
#include "common/device.cuh"

namespace edge {

constexpr int THREADS = 256;
/** Å */
constexpr double NEAREST = 1e-3;
/** Å */
constexpr double FARTHEST = 20;

/** Lower edge of a bin, rounded as Java does: the bins of the host and of the device are the same. */
__device__ __forceinline__ double binEdge(int bin, int bins) {
    double width = (FARTHEST - NEAREST) / (bins - 1);
    return __dadd_rn(NEAREST, __dmul_rn(static_cast<double>(bin), width));
}

__device__ __forceinline__ double distogram(double distance, int bin, int bins) {
    return distance > binEdge(bin, bins) && (bin == bins - 1 || distance < binEdge(bin + 1, bins)) ? 1 : 0;
}

__device__ __forceinline__ double gaussian(double distance, int kernel, int kernels) {
    double offset = (distance - FARTHEST * kernel / (kernels - 1)) * kernels / FARTHEST;
    return exp(-offset * offset);
}

template <typename T> __device__ __forceinline__ void describe(const int* indices, const double* distances, const T* embedded, const int* chains, int k,
        int channels, int width, int gaussians, T* features, int64_t places) {
    int64_t place = static_cast<int64_t>(blockIdx.x) * (THREADS / WARP) + threadIdx.x / WARP;
    if (place >= places) {
        return;
    }
    int neighbour = indices[place];
    double distance = distances[place];
    bool exists = neighbour >= 0;
    bool hasIndex = exists && (chains == nullptr || chains[neighbour] == chains[place / k]);
    const T* index = embedded + static_cast<int64_t>(neighbour) * width;
    T* result = features + place * (channels + width);
    for (int at = threadIdx.x % WARP; at < channels + width; at += WARP) {
        T value = 0;
        if (at >= channels) {
            value = hasIndex ? index[at - channels] : 0;
        } else if (exists) {
            value = static_cast<T>(gaussians != 0 ? gaussian(distance, at, channels) : distogram(distance, at, channels));
        }
        result[at] = value;
    }
}

}

#define FEATURE_KERNELS(T, TYPE) \
    KERNEL(edge::THREADS) edge_describe_##TYPE(const int* indices, const double* distances, const T* embedded, const int* chains, int k, int channels, \
            int width, int gaussians, T* features, int64_t places) { \
        awaitPrevious(); \
        edge::describe(indices, distances, embedded, chains, k, channels, width, gaussians, features, places); \
    } \
    EXPORT(edge_describe_##TYPE)

FEATURE_KERNELS(float, f32)
FEATURE_KERNELS(double, f64)
