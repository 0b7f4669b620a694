/* Numbers side by side, in registers and as one access to memory. */
#pragma once

#include "common/device.cuh"

namespace conditioner {

/** Numbers of a wide access. */
constexpr int WIDE = 4;

/** V numbers side by side. */
template <typename T, int V> struct alignas(V == 1 ? sizeof(T) : 16) Several {
    T v[V];

    __device__ __forceinline__ static Several load(const T* from) {
        return *reinterpret_cast<const Several*>(from);
    }

    /** Zeros, without reading, if there is nothing. */
    __device__ __forceinline__ static Several loadIf(bool there, const T* from) {
        Several loaded = {};
        if (there) {
            loaded = load(from);
        }
        return loaded;
    }

    __device__ __forceinline__ void store(T* to) const {
        *reinterpret_cast<Several*>(to) = *this;
    }

    __device__ __forceinline__ void add(T factor, const Several& other) {
#pragma unroll
        for (int e = 0; e < V; e++) {
            v[e] += factor * other.v[e];
        }
    }
};

}
