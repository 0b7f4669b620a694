/*
 * Times the matrix products of src/gemm by themselves, and compares each with sums in double precision on the host:
 *   nvcc -std=c++17 -O3 -arch=sm_90a -Isrc -o /tmp/gemm_bench test/gemm_bench.cu && /tmp/gemm_bench [rows]
 * A line per shape, precision, tile and number of slices: microseconds per launch within a graph, TFLOP/s, and the largest error of some elements relative to
 * the root of the sum of squares of their summands.
 */
#include "../src/gemm/gemm_bf16.cu"
#include "../src/gemm/gemm_f32.cu"
#include "../src/gemm/gemm_tf32.cu"

#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <vector>

#define CHECK(call) \
    do { \
        cudaError_t code = call; \
        if (code != cudaSuccess) { \
            printf("%s: %s\n", #call, cudaGetErrorString(code)); \
            exit(1); \
        } \
    } while (0)

namespace {

using Kernel = void (*)(GEMM_PARAMETERS(0));

struct Variant {
    const char* precision;
    const char* tile;
    int rows, columns, threads, shared;
    Kernel kernels[3]; // nn, nt, tn
};

#define VARIANT(precision, Multiply, size, Shape) \
    { \
#precision, #size, gemm::Shape<gemm::Multiply, false, false>::ROWS, gemm::Shape<gemm::Multiply, false, false>::COLUMNS, \
                gemm::Shape<gemm::Multiply, false, false>::THREADS, gemm::Shape<gemm::Multiply, false, false>::SHARED_BYTES, { \
            gemm_##size##nn_##precision, gemm_##size##nt_##precision, gemm_##size##tn_##precision \
        } \
    }
#define VARIANTS(precision, Multiply) \
    VARIANT(precision, Multiply, 64x64, Small), VARIANT(precision, Multiply, 128x64, Tall), VARIANT(precision, Multiply, 128x128, Large)

const Variant VARIANTS_OF_ALL[] = {VARIANTS(f32, Fp32), VARIANTS(tf32, Tf32), VARIANTS(bf16, Bf16)};

constexpr double OPERATIONS = 1e12; // of one measurement, at most
constexpr int MOST_LAUNCHES = 50;
constexpr int REPEATS = 7;
constexpr size_t PARTIAL = size_t(64) << 20;

struct Shape {
    const char* name;
    int order, m, n, k;
};

float value(size_t i, uint32_t salt) {
    uint32_t h = static_cast<uint32_t>(i) * 2654435761u + salt;
    h ^= h >> 15;
    h *= 2246822519u;
    h ^= h >> 13;
    return static_cast<float>(h >> 8) * 0x1p-23f - 1;
}

float* upload(std::vector<float>& host, size_t count, uint32_t salt) {
    host.resize(count);
    for (size_t i = 0; i < count; i++) {
        host[i] = value(i, salt);
    }
    float* device;
    CHECK(cudaMalloc(&device, count * sizeof(float)));
    CHECK(cudaMemcpy(device, host.data(), count * sizeof(float), cudaMemcpyHostToDevice));
    return device;
}

void time(const Shape& s, cudaStream_t stream, float* partial, int* finished) {
    const bool transposeA = s.order == 2;
    const bool transposeB = s.order == 1;
    const int strideA = transposeA ? s.m : s.k;
    const int strideB = transposeB ? s.k : s.n;
    std::vector<float> hostA, hostB;
    float* a = upload(hostA, size_t(s.m) * s.k, 1);
    float* b = upload(hostB, size_t(s.n) * s.k, 2);
    float* c;
    CHECK(cudaMalloc(&c, size_t(s.m) * s.n * sizeof(float)));
    std::vector<float> hostC(size_t(s.m) * s.n);
    const int flags = (strideA % 4 == 0 ? 1 : 0) | (strideB % 4 == 0 ? 2 : 0) | (s.n % 4 == 0 ? 4 : 0);
    const int launches = std::max(1, std::min(MOST_LAUNCHES, static_cast<int>(OPERATIONS / (2.0 * s.m * s.n * s.k))));
    for (const Variant& v : VARIANTS_OF_ALL) {
        Kernel kernel = v.kernels[s.order];
        CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared));
        int resident = 0;
        CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, v.threads, v.shared));
        const int tiles = (s.m + v.rows - 1) / v.rows * ((s.n + v.columns - 1) / v.columns);
        const int steps = (s.k + gemm::DEPTH - 1) / gemm::DEPTH;
        for (int slices = 1; slices <= 16 && (slices == 1 || (steps / slices >= 2 && tiles * slices <= 1200)); slices += slices < 4 ? 1 : 2) {
            if (size_t(tiles) * slices * v.rows * v.columns * sizeof(float) > PARTIAL) {
                break;
            }
            auto launch = [&] {
                kernel<<<tiles * slices, v.threads, v.shared, stream>>>(a, b, c, nullptr, nullptr, s.m, s.n, s.k, strideA, strideB, s.n, 1.f, 0.f, flags, 0,
                        0, 0, slices, partial, finished);
            };
            launch();
            CHECK(cudaStreamSynchronize(stream));
            CHECK(cudaMemcpy(hostC.data(), c, hostC.size() * sizeof(float), cudaMemcpyDeviceToHost));
            double error = 0;
            for (int i = 0; i < 400; i++) {
                const int row = i < 20 ? s.m - 1 : static_cast<int>((i * 7919ull) % s.m);
                const int column = i > 380 ? s.n - 1 : static_cast<int>((i * 104729ull) % s.n);
                double sum = 0, squares = 0;
                for (int k = 0; k < s.k; k++) {
                    double term = double(transposeA ? hostA[size_t(k) * s.m + row] : hostA[size_t(row) * s.k + k])
                            * (transposeB ? hostB[size_t(column) * s.k + k] : hostB[size_t(k) * s.n + column]);
                    sum += term;
                    squares += term * term;
                }
                error = std::max(error, std::abs(sum - hostC[size_t(row) * s.n + column]) / std::sqrt(squares));
            }
            cudaGraph_t graph;
            cudaGraphExec_t executable;
            CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
            for (int i = 0; i < launches; i++) {
                launch();
            }
            CHECK(cudaStreamEndCapture(stream, &graph));
            CHECK(cudaGraphInstantiate(&executable, graph, 0));
            cudaEvent_t start, end;
            CHECK(cudaEventCreate(&start));
            CHECK(cudaEventCreate(&end));
            std::vector<float> times;
            for (int i = 0; i <= REPEATS; i++) {
                CHECK(cudaEventRecord(start, stream));
                CHECK(cudaGraphLaunch(executable, stream));
                CHECK(cudaEventRecord(end, stream));
                CHECK(cudaEventSynchronize(end));
                float milliseconds;
                CHECK(cudaEventElapsedTime(&milliseconds, start, end));
                if (i > 0) {
                    times.push_back(milliseconds);
                }
            }
            std::sort(times.begin(), times.end());
            double micros = times[REPEATS / 2] * 1000 / launches;
            printf("%-26s %-5s %-8s %2d slices %5d blocks (%d resident) %8.2f us %7.1f TFLOP/s  error %.1e\n", s.name, v.precision, v.tile, slices,
                    tiles * slices, resident, micros, 2e-6 * s.m * s.n * s.k / micros, error);
            CHECK(cudaGraphExecDestroy(executable));
            CHECK(cudaGraphDestroy(graph));
        }
        fflush(stdout);
    }
    CHECK(cudaFree(a));
    CHECK(cudaFree(b));
    CHECK(cudaFree(c));
}

} // namespace

int main(int count, char** arguments) {
    const int rows = count > 1 ? atoi(arguments[1]) : 1100;
    const Shape shapes[] = {{"x(384) W 384", 1, rows, 384, 384}, {"x(384) W 1536", 1, rows, 1536, 384}, {"x(384) W 3744", 1, rows, 3744, 384},
        {"x(1664) W 384", 1, rows, 384, 1664}, {"x(1536) W 384", 1, rows, 384, 1536}, {"heads x(384) W 14", 1, rows, 14, 384},
        {"dx 384 of 384", 0, rows, 384, 384}, {"dx 384 of 3744", 0, rows, 384, 3744}, {"dx 1664 of 384", 0, rows, 1664, 384},
        {"dW 384 384", 2, 384, 384, rows}, {"dW 3744 384", 2, 3744, 384, rows},
        {"dW 384 1664", 2, 384, 1664, rows}, {"dW 14 384", 2, 14, 384, rows}};
    cudaStream_t stream;
    CHECK(cudaStreamCreate(&stream));
    float* partial;
    int* finished;
    CHECK(cudaMalloc(&partial, PARTIAL));
    CHECK(cudaMalloc(&finished, 65536 * sizeof(int)));
    CHECK(cudaMemset(finished, 0, 65536 * sizeof(int)));
    for (const Shape& shape : shapes) {
        time(shape, stream, partial, finished);
    }
    const Shape square = {"8192", 1, 8192, 8192, 8192};
    time(square, stream, partial, finished);
    return 0;
}
