/*
 * Times the matrix products of src/gemm by themselves, and compares each with sums in double precision on the host:
 *   nvcc -std=c++17 -O3 --expt-relaxed-constexpr -gencode arch=compute_90a,code=sm_90a -Isrc -o gemm_bench test/gemm_bench.cu
 *   ./gemm_bench [check | time | all] [rows]
 * check: kernels of gemm_sm90a.cu with every epilogue, on sizes that fit no tile, against sums of equally rounded factors; a line per kernel.
 * time: a line per shape, precision, tile and number of slices: microseconds per launch within a graph, TFLOP/s, and the largest error of some elements
 * relative to the root of the sum of squares of their summands; of the kernels of all cards the usually fastest tiles, with all: all of them.
 */
#include "../src/gemm/gemm_bf16.cu"
#include "../src/gemm/gemm_f32.cu"
#include "../src/gemm/gemm_tf32.cu"

#include "../src/gemm/gemm_sm90a.cu"

#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
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

using WideKernel = void (*)(const float*, const float*, float*, const float*, float*, int, int, int, int, int, int, float, float, int, int, float, int64_t, int64_t, int64_t, int64_t,
        int64_t);

struct WideVariant {
    const char* precision;
    std::string tile;
    int shared;
    int64_t (*blocks)(int m, int n, int batch);
    WideKernel kernels[3];
};

#define WIDE_VARIANT(precision, size, slices) \
    { \
#precision, #size " /" #slices, gemm::Wide##slices##_##size##nn_##precision::SHARED_BYTES, gemm::Wide##slices##_##size##nn_##precision::blocks, { \
            gemm_wide##slices##_##size##nn_##precision, gemm_wide##slices##_##size##nt_##precision, gemm_wide##slices##_##size##tn_##precision \
        } \
    }
#define WIDE_VARIANTS(precision) \
    WIDE_VARIANT(precision, 64x64, 1), WIDE_VARIANT(precision, 64x64, 2), WIDE_VARIANT(precision, 64x64, 4), WIDE_VARIANT(precision, 128x64, 1), \
            WIDE_VARIANT(precision, 128x64, 2), WIDE_VARIANT(precision, 128x128, 1), WIDE_VARIANT(precision, 128x128, 2), WIDE_VARIANT(precision, 128x128, 4)

const WideVariant WIDE_VARIANTS_OF_ALL[] = {WIDE_VARIANTS(tf32), WIDE_VARIANTS(bf16)};

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

/** The largest error of some elements. */
double sampledError(const Shape& s, const std::vector<float>& hostA, const std::vector<float>& hostB, const std::vector<float>& hostC) {
    double error = 0;
    for (int i = 0; i < 400; i++) {
        const int row = i < 20 ? s.m - 1 : static_cast<int>((i * 7919ull) % s.m);
        const int column = i > 380 ? s.n - 1 : static_cast<int>((i * 104729ull) % s.n);
        double sum = 0, squares = 0;
        for (int k = 0; k < s.k; k++) {
            double term = double(s.order == 2 ? hostA[size_t(k) * s.m + row] : hostA[size_t(row) * s.k + k])
                    * (s.order == 1 ? hostB[size_t(column) * s.k + k] : hostB[size_t(k) * s.n + column]);
            sum += term;
            squares += term * term;
        }
        error = std::max(error, std::abs(sum - hostC[size_t(row) * s.n + column]) / std::sqrt(squares));
    }
    return error;
}

/** Microseconds of one of many launches within a graph: the median. */
template <typename Launch> double microseconds(cudaStream_t stream, int launches, Launch launch) {
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
    CHECK(cudaEventDestroy(start));
    CHECK(cudaEventDestroy(end));
    CHECK(cudaGraphExecDestroy(executable));
    CHECK(cudaGraphDestroy(graph));
    std::sort(times.begin(), times.end());
    return times[REPEATS / 2] * 1000 / launches;
}

using GroupKernel = void (*)(GEMM_PARAMETERS(0), int, GEMM_PARAMETERS(1), int, GEMM_PARAMETERS(2), int, GEMM_PARAMETERS(3));

struct GroupVariant {
    const char* precision;
    const char* tile;
    int shared; // of a wide block
    int64_t (*blocks)(int m, int n, int batch);
    GroupKernel wide[3];
    WideKernel single[3];
    GroupKernel old[3];
};

#define GROUP_VARIANT(precision, size) \
    { \
#precision, #size, gemm::Wide1_##size##nn_##precision::SHARED_BYTES, gemm::Wide1_##size##nn_##precision::blocks, \
                {gemm_wide_group_##size##nn_##precision, gemm_wide_group_##size##nt_##precision, gemm_wide_group_##size##tn_##precision}, \
                {gemm_wide1_##size##nn_##precision, gemm_wide1_##size##nt_##precision, gemm_wide1_##size##tn_##precision}, \
        { \
            gemm_groupnn_##precision, gemm_groupnt_##precision, gemm_grouptn_##precision \
        } \
    }

/** Four products in one launch: equal to single ones, and faster. */
int groups(int order, int rows, cudaStream_t stream, float* partial, int* finished) {
    const GroupVariant variants[] = {GROUP_VARIANT(tf32, 64x64), GROUP_VARIANT(tf32, 128x64), GROUP_VARIANT(tf32, 128x128), GROUP_VARIANT(bf16, 64x64),
        GROUP_VARIANT(bf16, 128x64), GROUP_VARIANT(bf16, 128x128)};
    const int m[] = {order == 2 ? 384 : rows, order == 2 ? 384 : rows, order == 2 ? 384 : rows, order == 2 ? 1536 : rows / 2};
    const int n[] = {384, 384, 384, 384};
    const int k[] = {order == 2 ? rows : 384, order == 2 ? rows : 384, order == 2 ? rows : 384, order == 2 ? rows / 3 : 384};
    float *a[4], *b[4], *c[4];
    std::vector<float> ignored;
    for (int i = 0; i < 4; i++) {
        a[i] = upload(ignored, size_t(m[i]) * k[i], i);
        b[i] = upload(ignored, size_t(n[i]) * k[i], 10 + i);
        c[i] = upload(ignored, size_t(m[i]) * n[i], 20 + i);
    }
    int failures = 0;
    for (const GroupVariant& v : variants) {
        CHECK(cudaFuncSetAttribute(v.wide[order], cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared));
        CHECK(cudaFuncSetAttribute(v.single[order], cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared));
        CHECK(cudaFuncSetAttribute(v.old[order], cudaFuncAttributeMaxDynamicSharedMemorySize, VARIANTS_OF_ALL[0].shared));
        auto launch = [&](bool wide) {
            int last[4];
            for (int i = 0, sum = 0; i < 4; i++) {
                last[i] = sum += wide ? static_cast<int>(v.blocks(m[i], n[i], 1)) : (m[i] + 63) / 64 * ((n[i] + 63) / 64);
            }
#define ARGUMENTS(i) \
    a[i], b[i], c[i], nullptr, nullptr, m[i], n[i], k[i], order == 2 ? m[i] : k[i], order == 1 ? k[i] : n[i], n[i], 1.f, 0.f, 7, 0, 1, 0, 0, 0, 0, 0, 1, partial, finished
            (wide ? v.wide : v.old)[order]<<<last[3], wide ? gemm::WIDE_THREADS : 128, wide ? v.shared : VARIANTS_OF_ALL[0].shared, stream>>>(
                    ARGUMENTS(0), last[0], ARGUMENTS(1), last[1], ARGUMENTS(2), last[2], ARGUMENTS(3));
#undef ARGUMENTS
        };
        std::vector<float> together[4];
        launch(true);
        CHECK(cudaGetLastError());
        CHECK(cudaStreamSynchronize(stream));
        bool same = true;
        for (int i = 0; i < 4; i++) {
            together[i].resize(size_t(m[i]) * n[i]);
            std::vector<float> alone(together[i].size());
            CHECK(cudaMemcpy(together[i].data(), c[i], alone.size() * 4, cudaMemcpyDeviceToHost));
            v.single[order]<<<static_cast<unsigned>(v.blocks(m[i], n[i], 1)), gemm::WIDE_THREADS, v.shared, stream>>>(a[i], b[i], c[i], nullptr, nullptr, m[i],
                    n[i], k[i], order == 2 ? m[i] : k[i], order == 1 ? k[i] : n[i], n[i], 1, 0, 7, 0, 1, 0, 0, 0, 0, 0);
            CHECK(cudaStreamSynchronize(stream));
            CHECK(cudaMemcpy(alone.data(), c[i], alone.size() * 4, cudaMemcpyDeviceToHost));
            same = same && std::memcmp(alone.data(), together[i].data(), alone.size() * 4) == 0;
        }
        failures += !same;
        printf("%-7s group of four %s %-5s %-7s %8.2f us, blocks by themselves %8.2f us\n", same ? "ok" : "WRONG", order == 0 ? "nn" : order == 1 ? "nt" : "tn",
                v.precision, v.tile, microseconds(stream, MOST_LAUNCHES, [&] { launch(true); }), microseconds(stream, MOST_LAUNCHES, [&] { launch(false); }));
        fflush(stdout);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(cudaFree(a[i]));
        CHECK(cudaFree(b[i]));
        CHECK(cudaFree(c[i]));
    }
    return failures;
}

float rounded(float value, bool bf16) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    if (bf16) {
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u;
    } else {
        bits = (bits + 0x1000) & 0xFFFFE000u;
    }
    std::memcpy(&value, &bits, 4);
    return value;
}

/** Every kernel with every epilogue on one problem; the number of failures. */
int check(const Shape& s, int gap, cudaStream_t stream) {
    constexpr int BATCH = 2;
    const int strideA = (s.order == 2 ? s.m : s.k) + gap;
    const int strideB = (s.order == 1 ? s.k : s.n) + gap;
    const int strideC = s.n + gap;
    const size_t sizeA = size_t(s.order == 2 ? s.k : s.m) * strideA;
    const size_t sizeB = size_t(s.order == 1 ? s.n : s.k) * strideB;
    const size_t sizeC = size_t(s.m) * strideC;
    std::vector<float> hostA, hostB, hostBias, hostOld, hostPre;
    float* a = upload(hostA, BATCH * sizeA + 4, 1);
    float* b = upload(hostB, BATCH * sizeB + 4, 2);
    float* bias = upload(hostBias, s.n, 3);
    float* old = upload(hostOld, BATCH * sizeC, 4);
    float* pre = upload(hostPre, BATCH * sizeC, 5);
    float* c = upload(hostOld, BATCH * sizeC, 4);
    std::vector<float> actual(BATCH * sizeC), actualPre(BATCH * sizeC), again(BATCH * sizeC);
    int failures = 0;
    for (int bf16 = 0; bf16 < 2; bf16++) {
        std::vector<double> sums(BATCH * sizeC), squares(BATCH * sizeC);
        for (int batch = 0; batch < BATCH; batch++) {
            for (int row = 0; row < s.m; row++) {
                for (int column = 0; column < s.n; column++) {
                    double sum = 0, square = 0;
                    for (int k = 0; k < s.k; k++) {
                        double term = double(rounded(hostA[batch * sizeA + (s.order == 2 ? size_t(k) * strideA + row : size_t(row) * strideA + k)], bf16))
                                * rounded(hostB[batch * sizeB + (s.order == 1 ? size_t(column) * strideB + k : size_t(k) * strideB + column)], bf16);
                        sum += term;
                        square += term * term;
                    }
                    sums[batch * sizeC + size_t(row) * strideC + column] = sum;
                    squares[batch * sizeC + size_t(row) * strideC + column] = square;
                }
            }
        }
        for (const WideVariant& v : WIDE_VARIANTS_OF_ALL) {
            if ((std::strcmp(v.precision, "bf16") == 0) != bf16) {
                continue;
            }
            WideKernel kernel = v.kernels[s.order];
            CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared));
            double worst = 0;
            bool same = true;
            for (int epilogue = 0; epilogue < 5; epilogue++) {
                // plain; bias; bias and GELU; GELU'; added
                const bool biased = epilogue == 1 || epilogue == 2;
                const bool gelu = epilogue == 2;
                const bool gradient = epilogue == 3;
                const float alpha = epilogue == 0 ? 1 : 0.75f;
                const float beta = epilogue == 4 ? -0.5f : 0;
                const bool vector = s.n % 4 == 0 && strideC % 4 == 0;
                const int flags = gemm::VECTOR_A | gemm::VECTOR_B | (vector ? gemm::VECTOR_C : 0) | (gelu ? gemm::GELU : 0)
                        | (gradient ? gemm::GELU_GRADIENT : 0);
                for (int repeat = 0; repeat < 2; repeat++) {
                    CHECK(cudaMemcpy(c, hostOld.data(), BATCH * sizeC * 4, cudaMemcpyHostToDevice));
                    CHECK(cudaMemcpy(pre, hostPre.data(), BATCH * sizeC * 4, cudaMemcpyHostToDevice));
                    // epilogues with a pre-activation are of one product, as in the bundle
                    const int batches = gelu || gradient ? 1 : BATCH;
                    kernel<<<static_cast<unsigned>(v.blocks(s.m, s.n, batches)), gemm::WIDE_THREADS, v.shared, stream>>>(a, b, c, biased ? bias : nullptr,
                            pre, s.m, s.n, s.k, strideA, strideB, strideC, alpha, beta, flags, 0, 1, 0, 0, sizeA, sizeB, sizeC);
                    CHECK(cudaGetLastError());
                    CHECK(cudaStreamSynchronize(stream));
                    CHECK(cudaMemcpy((repeat ? again : actual).data(), c, BATCH * sizeC * 4, cudaMemcpyDeviceToHost));
                }
                CHECK(cudaMemcpy(actualPre.data(), pre, BATCH * sizeC * 4, cudaMemcpyDeviceToHost));
                same = same && std::memcmp(actual.data(), again.data(), BATCH * sizeC * 4) == 0;
                const int batches = gelu || gradient ? 1 : BATCH;
                for (size_t at = 0; at < BATCH * sizeC; at++) {
                    const int column = static_cast<int>(at % sizeC % strideC);
                    double expected = hostOld[at], expectedPre = hostPre[at], size = 1;
                    if (column < s.n && at < batches * sizeC) {
                        double value = alpha * sums[at] + (biased ? hostBias[column] : 0);
                        size = std::sqrt(squares[at]) + std::abs(value) + 1;
                        const double at0 = gelu ? value : hostPre[at];
                        const double cdf = 0.5 * (1 + std::erf(at0 * std::sqrt(0.5)));
                        if (gelu) {
                            expectedPre = value;
                            expected = value * cdf;
                        } else {
                            value *= gradient ? cdf + at0 * 0.3989422804014327 * std::exp(-0.5 * at0 * at0) : 1;
                            expected = value + beta * hostOld[at];
                        }
                    }
                    double error = std::max(std::abs(expected - actual[at]), std::abs(expectedPre - actualPre[at])) / size;
                    worst = std::isfinite(error) ? std::max(worst, error) : INFINITY;
                }
            }
            const bool good = worst < 1e-5 && same;
            failures += !good;
            printf("%-7s %s %4d x %4d x %4d + %d  %-5s %-11s error %.1e%s\n", good ? "ok" : "WRONG", s.order == 0 ? "nn" : s.order == 1 ? "nt" : "tn", s.m, s.n,
                    s.k, gap, v.precision, v.tile.c_str(), worst, same ? "" : ", NOT THE SAME AGAIN");
            fflush(stdout);
        }
    }
    for (float* memory : {a, b, bias, old, pre, c}) {
        CHECK(cudaFree(memory));
    }
    return failures;
}

void time(const Shape& s, bool all, cudaStream_t stream, float* partial, int* finished) {
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
        if (!all && (std::strcmp(v.precision, "f32") == 0 || v.columns == 128)) {
            continue;
        }
        const int mostSlices = all ? 16 : s.k > 1000 && v.rows == 64 ? 6 : 1;
        for (int slices = 1; slices <= mostSlices && (slices == 1 || (steps / slices >= 2 && tiles * slices <= 1200)); slices += slices < 4 ? 1 : 2) {
            if (size_t(tiles) * slices * v.rows * v.columns * sizeof(float) > PARTIAL) {
                break;
            }
            auto launch = [&] {
                kernel<<<tiles * slices, v.threads, v.shared, stream>>>(a, b, c, nullptr, nullptr, s.m, s.n, s.k, strideA, strideB, s.n, 1.f, 0.f, flags, 0, 1, 0, 0, 0,
                        0, 0, slices, partial, finished);
            };
            launch();
            CHECK(cudaStreamSynchronize(stream));
            CHECK(cudaMemcpy(hostC.data(), c, hostC.size() * sizeof(float), cudaMemcpyDeviceToHost));
            const double error = sampledError(s, hostA, hostB, hostC);
            const double micros = microseconds(stream, launches, launch);
            printf("%-26s %-5s %-8s %2d slices %5d blocks (%d resident) %8.2f us %7.1f TFLOP/s  error %.1e\n", s.name, v.precision, v.tile, slices,
                    tiles * slices, resident, micros, 2e-6 * s.m * s.n * s.k / micros, error);
        }
        fflush(stdout);
    }
    for (const WideVariant& v : WIDE_VARIANTS_OF_ALL) {
        WideKernel kernel = v.kernels[s.order];
        if ((flags & 3) != 3) {
            break;
        }
        CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared));
        const unsigned blocks = static_cast<unsigned>(v.blocks(s.m, s.n, 1));
        auto launch = [&] {
            kernel<<<blocks, gemm::WIDE_THREADS, v.shared, stream>>>(a, b, c, nullptr, nullptr, s.m, s.n, s.k, strideA, strideB, s.n, 1.f, 0.f, flags, 0, 1, 0, 0, 0, 0, 0);
        };
        launch();
        CHECK(cudaGetLastError());
        CHECK(cudaStreamSynchronize(stream));
        CHECK(cudaMemcpy(hostC.data(), c, hostC.size() * sizeof(float), cudaMemcpyDeviceToHost));
        const double error = sampledError(s, hostA, hostB, hostC);
        const double micros = microseconds(stream, launches, launch);
        printf("%-26s %-5s %-11s wide      %5u blocks              %8.2f us %7.1f TFLOP/s  error %.1e\n", s.name, v.precision, v.tile.c_str(), blocks, micros,
                2e-6 * s.m * s.n * s.k / micros, error);
        fflush(stdout);
    }
    CHECK(cudaFree(a));
    CHECK(cudaFree(b));
    CHECK(cudaFree(c));
}

} // namespace

int main(int count, char** arguments) {
    const std::string mode = count > 1 ? arguments[1] : "";
    const int rows = count > 2 ? atoi(arguments[2]) : 1100;
    cudaStream_t stream;
    CHECK(cudaStreamCreate(&stream));
    int failures = 0;
    if (mode != "time" && mode != "all") {
        for (const Shape& s : {Shape{"", 1, 150, 67, 96}, Shape{"", 1, 131, 200, 4}, Shape{"", 1, 67, 260, 420}, Shape{"", 0, 67, 192, 100},
                     Shape{"", 0, 300, 132, 356}, Shape{"", 0, 1, 4, 8}, Shape{"", 2, 72, 132, 301}, Shape{"", 2, 260, 388, 33}, Shape{"", 2, 128, 128, 0}}) {
            failures += check(s, s.m == 67 || s.m == 260 ? 4 : 0, stream);
        }
        printf(failures == 0 ? "all as expected\n" : "%d FAILURES\n", failures);
    }
    if (mode != "check") {
        const Shape shapes[] = {{"x(384) W 384", 1, rows, 384, 384}, {"x(384) W 1536", 1, rows, 1536, 384}, {"x(384) W 3744", 1, rows, 3744, 384},
            {"x(1664) W 384", 1, rows, 384, 1664}, {"x(1536) W 384", 1, rows, 384, 1536}, {"heads x(384) W 14", 1, rows, 14, 384},
            {"dx 384 of 384", 0, rows, 384, 384}, {"dx 384 of 3744", 0, rows, 384, 3744}, {"dx 1664 of 384", 0, rows, 1664, 384},
            {"dW 384 384", 2, 384, 384, rows}, {"dW 3744 384", 2, 3744, 384, rows}, {"dW 384 1664", 2, 384, 1664, rows}, {"dW 14 384", 2, 14, 384, rows}};
        float* partial;
        int* finished;
        CHECK(cudaMalloc(&partial, PARTIAL));
        CHECK(cudaMalloc(&finished, 65536 * sizeof(int)));
        CHECK(cudaMemset(finished, 0, 65536 * sizeof(int)));
        for (int order = 0; order < 3; order++) {
            failures += groups(order, rows, stream, partial, finished);
        }
        for (const Shape& shape : shapes) {
            time(shape, mode == "all", stream, partial, finished);
        }
        const Shape square = {"8192", 1, 8192, 8192, 8192};
        time(square, mode == "all", stream, partial, finished);
    }
    return failures == 0 ? 0 : 1;
}
