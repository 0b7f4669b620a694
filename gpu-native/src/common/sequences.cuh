/* Packed sequences: rows of one after the other. */
#pragma once

#include "device.cuh"

/** The sequence s with starts[s] <= row < starts[s + 1], of so many; sequences may be empty. starts [sequences + 1], of which the last is not read. */
__device__ __forceinline__ int sequenceOf(int row, const int* starts, int sequences) {
    int low = 0;
    int high = sequences;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (starts[middle] <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}
