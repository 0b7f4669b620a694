/*
 * Checks the tensor-core attention against double precision and times it.
 *
 * In this folder, on a GPU:    nvcc -std=c++17 -O3 -gencode arch=compute_90a,code=sm_90a -I ../src -o attention_bench attention_bench.cu && ./attention_bench
 * on the CPU:                  g++ -std=c++17 -O2 -DBINDRAE_EMULATOR -I ../src -o attention_bench -x c++ attention_bench.cu ../emulator/emulator.cpp \
 *                              ../emulator/mma.cpp
 * Arguments: check (only correctness), time (only times), otherwise both. Exit status 1 where a deviation is too large.
 */
#include "attention/tensor_backward.cu"
#include "attention/tensor_forward.cu"
#include "attention/tensor_rows.cu"
#ifndef BINDRAE_EMULATOR
#include "attention/tensor_backward_sm90a.cu"
#include "attention/tensor_forward_sm90a.cu"
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#ifdef BINDRAE_EMULATOR
extern "C" int bindrae_emulator_launch(const char* name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                                       unsigned dynamicBytes, void** args);
extern "C" const char* bindrae_emulator_error();
#else
static cudaStream_t stream;

static void require(cudaError_t error, const char* what) {
    if (error != cudaSuccess) {
        fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
        exit(2);
    }
}
#endif

/** Device memory. */
template <typename T> struct Buffer {
    T* data = nullptr;
    size_t count = 0;

    explicit Buffer(size_t size) : count(size) {
#ifdef BINDRAE_EMULATOR
        data = static_cast<T*>(aligned_alloc(256, (size * sizeof(T) + 511) / 256 * 256));
        memset(static_cast<void*>(data), 0xFF, size * sizeof(T));
#else
        require(cudaMalloc(reinterpret_cast<void**>(&data), size * sizeof(T) + 256), "cudaMalloc");
        require(cudaMemset(data, 0xFF, size * sizeof(T)), "cudaMemset");
#endif
    }
    explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) {
#ifdef BINDRAE_EMULATOR
        memcpy(data, values.data(), count * sizeof(T));
#else
        require(cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice), "copy to the device");
#endif
    }
    Buffer(const Buffer&) = delete;
    ~Buffer() {
#ifdef BINDRAE_EMULATOR
        free(data);
#else
        cudaFree(data);
#endif
    }
    std::vector<T> read() const {
        std::vector<T> values(count);
#ifdef BINDRAE_EMULATOR
        memcpy(values.data(), data, count * sizeof(T));
#else
        require(cudaDeviceSynchronize(), "kernels");
        require(cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost), "copy from the device");
#endif
        return values;
    }
};

template <typename... Parameters, typename... Arguments>
static void launch(const char* name, void (*kernel)(Parameters...), unsigned x, unsigned y, unsigned z, unsigned threads, unsigned shared,
                   Arguments... arguments) {
    std::tuple<Parameters...> values(arguments...);
    void* pointers[sizeof...(Parameters)];
    int i = 0;
    std::apply([&](auto&... value) { ((pointers[i++] = const_cast<void*>(static_cast<const void*>(&value))), ...); }, values);
#ifdef BINDRAE_EMULATOR
    (void)kernel;
    if (bindrae_emulator_launch(name, x, y, z, threads, 1, 1, shared, pointers) != 0) {
        fprintf(stderr, "%s\n", bindrae_emulator_error());
        exit(2);
    }
#else
    require(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)), name);
    require(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), dim3(x, y, z), dim3(threads), pointers, shared, stream), name);
#endif
}

#define LAUNCH(kernel, ...) launch(#kernel, kernel, __VA_ARGS__)

struct Sizes {
    std::vector<int> lengths;
    int heads;
    int channels;
    int points;
    int valuePoints;
    int rank;
    int down;

    int total() const {
        int sum = 0;
        for (int length : lengths) {
            sum += length;
        }
        return sum;
    }
    int longest() const {
        return *std::max_element(lengths.begin(), lengths.end());
    }
    std::vector<int> starts() const {
        std::vector<int> all{0};
        for (int length : lengths) {
            all.push_back(all.back() + length);
        }
        return all;
    }
    int scalars() const {
        return channels + rank;
    }
    int scoreWidth() const {
        return scalars() + 3 * points;
    }
    int valueWidth() const {
        return channels + 3 * valuePoints + rank * down;
    }
    int resultWidth() const {
        return heads * (channels + 4 * valuePoints + down);
    }
};

static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
}

/** Inputs of the attention in frames that are all the identity, the rows that they make, and gradients of the sums and of the result that agree. */
struct Rows {
    std::vector<float> q, k, v, w, gradient;
    std::vector<float> rotations, origins, queries, pairs, queryPoints, pairPoints, b1, b2, d1, d2, headWeights, resultGradient;
    double scalarScale, pointScale;

    explicit Rows(const Sizes& s, double spread) {
        std::mt19937_64 random(7);
        std::normal_distribution<double> normal;
        int total = s.total();
        int factors = s.rank * s.down;
        scalarScale = sqrt(1 / (3.0 * s.channels));
        pointScale = sqrt(1 / (3 * (s.points * 4.5)));
        auto fill = [&](std::vector<float>& values, size_t count, double size) {
            values.resize(count);
            for (float& value : values) {
                value = static_cast<float>(size * normal(random));
            }
        };
        std::vector<float> centres;
        fill(centres, 3 * static_cast<size_t>(total), spread);
        origins.assign(3 * static_cast<size_t>(total), 0);
        for (int i = 0; i < total; i++) {
            for (int m = 0; m < 9; m++) {
                rotations.push_back(m % 4 == 0 ? 1 : 0);
            }
        }
        fill(queries, static_cast<size_t>(total) * s.heads * s.channels, 1.5);
        fill(pairs, static_cast<size_t>(total) * s.heads * s.channels * 2, 1.2);
        fill(b1, static_cast<size_t>(total) * s.rank * s.heads, 1);
        fill(b2, b1.size(), 1);
        fill(d1, static_cast<size_t>(total) * factors, 1);
        fill(d2, d1.size(), 1);
        auto points = [&](std::vector<float>& values, int each) {
            fill(values, 3 * static_cast<size_t>(total) * s.heads * each, 0.3);
            for (size_t i = 0; i < values.size(); i++) {
                values[i] += centres[i / (3 * s.heads * each) * 3 + i / (s.heads * each) % 3];
            }
        };
        points(queryPoints, s.points);
        points(pairPoints, s.points + s.valuePoints);
        fill(resultGradient, static_cast<size_t>(total) * s.resultWidth(), 0.01);
        for (int h = 0; h < s.heads; h++) {
            headWeights.push_back(static_cast<float>(log(exp(0.5 + h) - 1)));
            w.push_back(static_cast<float>(log1p(exp(headWeights.back())) * pointScale));
            for (int i = 0; i < total; i++) {
                size_t residue = i;
                float* result = resultGradient.data() + residue * s.resultWidth();
                for (int c = 0; c < s.channels; c++) {
                    q.push_back(static_cast<float>(scalarScale * queries[(residue * s.heads + h) * s.channels + c]));
                    k.push_back(pairs[(residue * s.heads + h) * 2 * s.channels + c]);
                    v.push_back(pairs[((residue * s.heads + h) * 2 + 1) * s.channels + c]);
                    gradient.push_back(result[h * s.channels + c]);
                }
                for (int f = 0; f < s.rank; f++) {
                    q.push_back(b1[(residue * s.rank + f) * s.heads + h]);
                    k.push_back(b2[(residue * s.rank + f) * s.heads + h]);
                }
                int pairsOfPoints = s.points + s.valuePoints;
                for (int d = 0; d < 3 * s.points; d++) {
                    q.push_back(queryPoints[((residue * 3 + d % 3) * s.heads + h) * s.points + d / 3]);
                    k.push_back(pairPoints[((residue * 3 + d % 3) * s.heads + h) * pairsOfPoints + d / 3]);
                }
                for (int d = 0; d < 3 * s.valuePoints; d++) {
                    v.push_back(pairPoints[((residue * 3 + d % 3) * s.heads + h) * pairsOfPoints + s.points + d / 3]);
                    gradient.push_back(result[s.heads * (s.channels + d % 3 * s.valuePoints) + h * s.valuePoints + d / 3]);
                    /* No gradient of norms, so that the gradient of a point is that of the result. */
                    result[s.heads * (s.channels + 3 * s.valuePoints) + h * s.valuePoints + d / 3] = 0;
                }
                for (int e = 0; e < factors; e++) {
                    v.push_back(d2[residue * factors + e]);
                    gradient.push_back(result[s.heads * (s.channels + 4 * s.valuePoints) + h * s.down + e % s.down] * d1[residue * factors + e]);
                }
            }
        }
    }
};

/** What is compared. */
struct Results {
    std::vector<double> o, q, k, v, w;
    /** Root of the sum of the squares of what is added up for w: much of that cancels, its rounding does not. */
    double weightTerms = 0;
};

static Results reference(const Sizes& s, const Rows& rows) {
    int total = s.total();
    int width = s.scoreWidth();
    int values = s.valueWidth();
    Results r;
    r.o.resize(static_cast<size_t>(s.heads) * total * values);
    r.v.resize(r.o.size());
    r.q.resize(static_cast<size_t>(s.heads) * total * width);
    r.k.resize(r.q.size());
    r.w.resize(s.heads);
    std::vector<int> starts = s.starts();
    for (int h = 0; h < s.heads; h++) {
        for (size_t b = 0; b + 1 < starts.size(); b++) {
            int from = starts[b];
            int to = starts[b + 1];
            std::vector<double> p(to - from), distances(to - from);
            for (int i = from; i < to; i++) {
                size_t qi = (static_cast<size_t>(h) * total + i) * width;
                size_t oi = (static_cast<size_t>(h) * total + i) * values;
                double largest = -INFINITY;
                for (int j = from; j < to; j++) {
                    size_t kj = (static_cast<size_t>(h) * total + j) * width;
                    double logit = 0;
                    double distance = 0;
                    for (int c = 0; c < s.scalars(); c++) {
                        logit += static_cast<double>(rows.q[qi + c]) * rows.k[kj + c];
                    }
                    for (int c = s.scalars(); c < width; c++) {
                        double d = static_cast<double>(rows.q[qi + c]) - rows.k[kj + c];
                        distance += d * d;
                    }
                    p[j - from] = logit - 0.5 * rows.w[h] * distance;
                    distances[j - from] = distance;
                    largest = std::max(largest, p[j - from]);
                }
                double sum = 0;
                for (double& x : p) {
                    x = exp(x - largest);
                    sum += x;
                }
                double d = 0;
                std::vector<double> dp(to - from);
                for (int j = from; j < to; j++) {
                    size_t vj = (static_cast<size_t>(h) * total + j) * values;
                    double weight = p[j - from] /= sum;
                    for (int c = 0; c < values; c++) {
                        r.o[oi + c] += weight * rows.v[vj + c];
                        r.v[vj + c] += weight * rows.gradient[oi + c];
                        dp[j - from] += static_cast<double>(rows.gradient[oi + c]) * rows.v[vj + c];
                    }
                    d += weight * dp[j - from];
                }
                for (int j = from; j < to; j++) {
                    size_t kj = (static_cast<size_t>(h) * total + j) * width;
                    double ds = p[j - from] * (dp[j - from] - d);
                    double term = 0.5 * ds * distances[j - from];
                    r.w[h] -= term;
                    r.weightTerms += term * term;
                    for (int c = 0; c < s.scalars(); c++) {
                        r.q[qi + c] += ds * rows.k[kj + c];
                        r.k[kj + c] += ds * rows.q[qi + c];
                    }
                    for (int c = s.scalars(); c < width; c++) {
                        double difference = static_cast<double>(rows.q[qi + c]) - rows.k[kj + c];
                        r.q[qi + c] -= ds * rows.w[h] * difference;
                        r.k[kj + c] += ds * rows.w[h] * difference;
                    }
                }
            }
        }
    }
    r.weightTerms = sqrt(r.weightTerms);
    return r;
}

/** The attention of one shape on the device. */
struct Device {
    Sizes s;
    int scoreColumns, valueColumns, first, further, slabs, tiles;
    double scalarScale, pointScale;
    Buffer<float> rotations, origins, queryInputs, pairInputs, queryPoints, pairPoints, b1, b2, d1, d2, headWeights, resultGradient, w;
    Buffer<int> starts;
    Buffer<uint16_t> q16, k16, v16, g16;
    Buffer<float> keyBias, minusLse, minusD, o, dq, dk, dv, shares, valueNorms;
    Buffer<unsigned> largest;

    static int scoreColumnsOf(const Sizes& s) {
        int needed = s.scalars() + 9 * s.points + 2;
        return needed <= 80 ? 80 : needed <= 208 ? 208 : 224;
    }
    static int valueColumnsOf(const Sizes& s) {
        return scoreColumnsOf(s) == 80 ? 136 : 264;
    }
    static int firstOf(const Sizes& s) {
        return std::min({s.valueWidth(), valueColumnsOf(s) - 3 * s.valuePoints, 256});
    }
    static int slabsOf(const Sizes& s) {
        return 1 + ceilDiv(s.valueWidth() - firstOf(s), std::min(valueColumnsOf(s), 256));
    }

    Device(const Sizes& sizes, const Rows& rows)
        : s(sizes), scoreColumns(scoreColumnsOf(s)), valueColumns(valueColumnsOf(s)), first(firstOf(s)),
          further(std::min(valueColumns, 256)), slabs(slabsOf(s)), tiles(ceilDiv(s.longest(), 64)),
          scalarScale(rows.scalarScale), pointScale(rows.pointScale), rotations(rows.rotations), origins(rows.origins), queryInputs(rows.queries),
          pairInputs(rows.pairs), queryPoints(rows.queryPoints), pairPoints(rows.pairPoints), b1(rows.b1), b2(rows.b2), d1(rows.d1), d2(rows.d2),
          headWeights(rows.headWeights), resultGradient(rows.resultGradient), w(s.heads), starts(s.starts()), q16(padded(scoreColumns)),
          k16(padded(scoreColumns)), v16(padded(valueColumns) * slabs),
          g16(padded(valueColumns) * slabs), keyBias(padded(1)), minusLse(padded(1)), minusD(padded(1)), o(size(s.valueWidth())),
          dq(size(s.scoreWidth())), dk(size(s.scoreWidth())),
          dv(size(s.valueWidth())), shares(2 * static_cast<size_t>(s.heads) * batch() * tiles), valueNorms(static_cast<size_t>(s.heads) * batch() * groups()),
          largest(2 * s.heads) {
    }

    size_t size(int width) const {
        return static_cast<size_t>(s.heads) * s.total() * width;
    }
    unsigned batch() const {
        return static_cast<unsigned>(s.lengths.size());
    }
    size_t padded(int width) const {
        return static_cast<size_t>(s.heads) * (ceilDiv(s.total(), 8) + batch()) * 8 * width;
    }
    unsigned groups() const {
        return ceilDiv(s.longest(), 8);
    }

    void convert() {
        LAUNCH(attention_tensor_pack_f16, groups(), s.heads, batch(), 256, 18 * (2 * scoreColumns + slabs * valueColumns), s.total(), s.heads,
               s.channels, s.rank, s.points, s.valuePoints, s.down, rotations.data, origins.data, queryInputs.data, s.heads * s.channels, pairInputs.data,
               2 * s.heads * s.channels, queryPoints.data, 3 * s.heads * s.points, pairPoints.data, 3 * s.heads * (s.points + s.valuePoints), b1.data,
               b2.data, d2.data, headWeights.data, scalarScale, 1.0, pointScale, starts.data, first, further, slabs, scoreColumns, valueColumns, q16.data,
               k16.data, v16.data, keyBias.data, w.data, valueNorms.data, largest.data);
    }

#define FORWARD_OF(WARPS, KEYS, KW, VW) \
    LAUNCH(attention_tensor_forward_##WARPS##x##KEYS##_##KW##_##VW, ceilDiv(s.longest(), WARPS * 16), s.heads* slabs, batch(), WARPS * 32, \
           tensorcore::Forward<WARPS, KEYS, KW, VW>::SHARED, q16.data, k16.data, v16.data, keyBias.data, starts.data, o.data, minusLse.data, s.total(), \
           s.heads, s.valueWidth(), s.channels, 3 * s.valuePoints, first, further)
#define WIDE_OF(KW) \
    LAUNCH(attention_tensor_forward_wide_##KW##_264, ceilDiv(s.longest(), 128), s.heads* slabs, batch(), 384, tensorcore::Wide<KW>::SHARED, \
           q16.data, k16.data, v16.data, keyBias.data, starts.data, o.data, minusLse.data, s.total(), s.heads, s.valueWidth(), s.channels, \
           3 * s.valuePoints, first, further)
#define FORWARDS_OF(KW, VW) \
    if (scoreColumns == KW && valueColumns == VW) { \
        if (variant == 0) { \
            FORWARD_OF(8, 64, KW, VW); \
        } else if (variant == 1) { \
            FORWARD_OF(4, 64, KW, VW); \
        } else { \
            FORWARD_OF(4, 32, KW, VW); \
        } \
    }

    void forward(int variant) {
#ifndef BINDRAE_EMULATOR
        if (variant == 3 && valueColumns == 264) {
            if (scoreColumns == 208) {
                WIDE_OF(208);
            } else {
                WIDE_OF(224);
            }
            return;
        }
#endif
        FORWARDS_OF(208, 264)
        FORWARDS_OF(224, 264)
        FORWARDS_OF(80, 136)
    }

    void prepare() {
        float* none = nullptr;
        LAUNCH(attention_tensor_bound_f32, 1 + ceilDiv(s.longest(), 16), s.heads, batch(), 256, 0, s.total(), s.heads, s.channels, s.rank, s.points,
               s.valuePoints, s.down, resultGradient.data, d1.data, starts.data, valueNorms.data, static_cast<int>(batch() * groups()), largest.data);
        int shared = std::min(std::min(s.heads, 8) * s.valuePoints, 256) * 96 + 8 * (2 * slabs * valueColumns + 4 * (s.valuePoints + s.rank * s.down));
        LAUNCH(attention_tensor_epilogue_backward_f16, s.longest(), 1, batch(), 256, shared, s.total(), s.heads, s.channels, s.rank, s.points,
               s.valuePoints, s.down, rotations.data, origins.data, d1.data, o.data, resultGradient.data, starts.data, largest.data, first,
               further, slabs, valueColumns, g16.data, minusD.data, 7, none, none, none);
    }

#define BACKWARD_OF(KERNEL_NAME, KEYS_FIXED, SLABS, STREAM, STAGES, KW, VW, SCORES, SHARES) \
    LAUNCH(KERNEL_NAME, tiles, s.heads*(KEYS_FIXED ? slabs : 1), batch(), 256, (tensorcore::Backward<KEYS_FIXED, SLABS, STREAM, STAGES, KW, VW>::SHARED), \
           q16.data, k16.data, v16.data, g16.data, keyBias.data, minusLse.data, minusD.data, w.data, largest.data, starts.data, SCORES, dv.data, SHARES, \
           s.total(), s.heads, s.scalars(), 3 * s.points, slabs, s.valueWidth(), s.channels, 3 * s.valuePoints, first, further)
#define BACKWARDS_OF(STREAM, STAGES, KW, VW) \
    if (scoreColumns == KW && valueColumns == VW) { \
        if (slabs == 1 && keyTiles) { \
            BACKWARD_OF(attention_tensor_keys_##STREAM##x##STAGES##_##KW##_##VW, true, false, STREAM, STAGES, KW, VW, dk.data, shares.data); \
        } else if (slabs == 1) { \
            BACKWARD_OF(attention_tensor_queries_##STREAM##x##STAGES##_##KW##_##VW, false, false, STREAM, STAGES, KW, VW, dq.data, shares.data); \
        } else if (keyTiles) { \
            BACKWARD_OF(attention_tensor_keys_##STREAM##x##STAGES##_##KW##_##VW##_slabs, true, true, STREAM, STAGES, KW, VW, dk.data, shares.data); \
        } else { \
            BACKWARD_OF(attention_tensor_queries_##STREAM##x##STAGES##_##KW##_##VW##_slabs, false, true, STREAM, STAGES, KW, VW, dq.data, shares.data); \
        } \
        return; \
    }

    void tilesOf(bool keyTiles, bool large) {
        if (!large) {
            BACKWARDS_OF(32, 1, 208, 264)
            BACKWARDS_OF(32, 1, 80, 136)
        }
        BACKWARDS_OF(64, 2, 208, 264)
        BACKWARDS_OF(64, 2, 224, 264)
        BACKWARDS_OF(64, 2, 80, 136)
    }
    void keys() {
        tilesOf(true, true);
    }
    void queries() {
        tilesOf(false, true);
    }

    /** dQ, dK, dV: variant 2 in small tiles, variant 3 with warpgroup products, where there are such kernels. */
    void backward(int variant) {
        prepare();
#ifndef BINDRAE_EMULATOR
        if (variant == 3 && scoreColumns == 208 && slabs == 1 && s.valueWidth() <= 232 && s.scalars() + 6 * s.points + 2 <= 184) {
            wide();
            return;
        }
#endif
        tilesOf(true, variant != 2);
        tilesOf(false, variant != 2);
    }

#ifndef BINDRAE_EMULATOR
    void wide() {
        LAUNCH(attention_tensor_backward_wide_208_264, tiles, 2 * s.heads, batch(), 384, (tensorcore::WideBackwards<208, 184>::SHARED), q16.data, k16.data,
               v16.data, g16.data, keyBias.data, minusLse.data, minusD.data, w.data, largest.data, starts.data, dq.data, dk.data, dv.data,
               shares.data, s.total(), s.heads, s.scalars(), 3 * s.points, s.valueWidth());
    }
#endif

    /** dw from the blocks' shares. */
    std::vector<double> weights() const {
        std::vector<float> all = shares.read();
        std::vector<double> sums(s.heads, 0.0);
        for (size_t i = 0; i < all.size(); i++) {
            sums[i / (all.size() / s.heads)] += all[i];
        }
        return sums;
    }

    Results results() const {
        auto wide = [](const Buffer<float>& buffer) {
            std::vector<float> values = buffer.read();
            return std::vector<double>(values.begin(), values.end());
        };
        return {wide(o), wide(dq), wide(dk), wide(dv), weights()};
    }
};

static double deviation(const std::vector<double>& actual, const std::vector<double>& expected, int width, int from, int to) {
    double error = 0;
    double norm = 0;
    for (size_t i = 0; i < actual.size(); i++) {
        int column = static_cast<int>(i % width);
        if (column >= from && column < to) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
    }
    return norm == 0 ? sqrt(error) : sqrt(error / norm);
}

static bool check(const Sizes& s, double spread, int variant) {
    Rows rows(s, spread);
    Results expected = reference(s, rows);
    Device device(s, rows);
    auto run = [&] {
        device.convert();
        device.forward(variant);
        device.backward(variant);
        return device.results();
    };
    Results actual = run();
    Results again = run();
    bool repeats = actual.o == again.o && actual.q == again.q && actual.k == again.k && actual.v == again.v && actual.w == again.w;
    int points = s.channels + 3 * s.valuePoints;
    double deviations[] = {deviation(actual.o, expected.o, s.valueWidth(), 0, s.channels), deviation(actual.o, expected.o, s.valueWidth(), s.channels, points),
                           deviation(actual.o, expected.o, s.valueWidth(), points, s.valueWidth()),
                           deviation(actual.q, expected.q, s.scoreWidth(), 0, s.scalars()), deviation(actual.q, expected.q, s.scoreWidth(), s.scalars(), 10000),
                           deviation(actual.k, expected.k, s.scoreWidth(), 0, s.scalars()), deviation(actual.k, expected.k, s.scoreWidth(), s.scalars(), 10000),
                           deviation(actual.v, expected.v, s.valueWidth(), 0, s.channels), deviation(actual.v, expected.v, s.valueWidth(), s.channels, points),
                           deviation(actual.v, expected.v, s.valueWidth(), points, s.valueWidth()), deviation(actual.w, expected.w, s.heads, 0, s.heads)};
    double weightNorm = 0;
    for (double x : expected.w) {
        weightNorm += x * x;
    }
    deviations[10] *= sqrt(weightNorm / (weightNorm + expected.weightTerms * expected.weightTerms));
    bool good = repeats;
    for (int i = 0; i < 11; i++) {
        good &= deviations[i] <= (i < 3 ? 1e-3 : 2e-3);
    }
    std::string lengths;
    for (int length : s.lengths) {
        lengths += (lengths.empty() ? "" : "+") + std::to_string(length);
    }
    printf("%-18s H %d C %3d P %d V %2d r %2d variant %d %s%s  ", lengths.c_str(), s.heads, s.channels, s.points, s.valuePoints, s.rank, variant,
           good ? "ok " : "BAD", repeats ? "" : " does not repeat");
    const char* names[] = {"o", "", "", "  dq", "", "  dk", "", "  dv", "", "", "  dw"};
    for (int i = 0; i < 11; i++) {
        printf("%s %.1e", names[i], deviations[i]);
    }
    printf("\n");
    fflush(stdout);
    return good;
}

static bool checkAll() {
    bool good = true;
    int variant = 0;
    for (const Sizes& s : std::vector<Sizes>{{{1, 0, 5, 40}, 2, 16, 4, 4, 0, 8},
                                             {{33, 64, 65}, 1, 16, 4, 4, 1, 8},
                                             {{130, 17}, 1, 16, 4, 4, 2, 8},
                                             {{70}, 1, 16, 4, 4, 3, 32},
                                             {{100}, 1, 16, 4, 4, 8, 32},
                                             {{70, 1, 150}, 1, 128, 8, 12, 2, 32},
                                             {{129}, 1, 128, 8, 12, 0, 32},
                                             {{65}, 1, 128, 8, 12, 3, 32},
                                             {{90, 20}, 1, 128, 8, 12, 16, 32}}) {
        good &= check(s, 2, variant++ % 3);
        good &= check(s, 2, variant++ % 3);
    }
#ifndef BINDRAE_EMULATOR
    for (variant = 0; variant < 4; variant++) {
        good &= check({{275, 275, 300, 100}, 2, 128, 8, 12, 2, 32}, 2, variant);
    }
    for (const Sizes& s : std::vector<Sizes>{{{70, 1, 0, 150}, 1, 128, 8, 12, 2, 32},
                                             {{129}, 1, 128, 8, 12, 0, 32},
                                             {{65, 80, 160, 161}, 1, 128, 8, 12, 3, 32},
                                             {{90, 20, 500}, 1, 128, 8, 12, 16, 32},
                                             {{1500}, 1, 128, 8, 12, 2, 32}}) {
        good &= check(s, 2, 3);
    }
    good &= check({{1500}, 1, 128, 8, 12, 2, 32}, 5, 0);
#endif
    return good;
}

#ifndef BINDRAE_EMULATOR
/** Median of several times of a launch, ms; short ones from a graph of many, so that the processor has no part in it. */
static double milliseconds(const std::function<void()>& run, int repeats, int each) {
    cudaEvent_t from, to;
    cudaGraph_t graph;
    cudaGraphExec_t executable;
    require(cudaEventCreate(&from), "event");
    require(cudaEventCreate(&to), "event");
    require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "capture");
    for (int i = 0; i < each; i++) {
        run();
    }
    require(cudaStreamEndCapture(stream, &graph), "capture");
    require(cudaGraphInstantiate(&executable, graph, 0), "graph");
    require(cudaGraphLaunch(executable, stream), "graph");
    std::vector<double> times;
    for (int i = 0; i < repeats; i++) {
        cudaEventRecord(from, stream);
        require(cudaGraphLaunch(executable, stream), "graph");
        cudaEventRecord(to, stream);
        require(cudaEventSynchronize(to), "kernel");
        float time;
        cudaEventElapsedTime(&time, from, to);
        times.push_back(time / each);
    }
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

static void timeAll() {
    for (const std::vector<int>& lengths : std::vector<std::vector<int>>{{275, 275, 275, 275}, {1024}, {4096}, {16384}, {32768}}) {
        Sizes s{lengths, 8, 128, 8, 12, 2, 32};
        Rows rows(s, 0.3 * cbrt(s.longest()));
        Device device(s, rows);
        int repeats = s.longest() > 10000 ? 3 : 9;
        int each = s.longest() > 10000 ? 1 : s.longest() > 2000 ? 5 : 20;
        double pairs = 0;
        for (int length : lengths) {
            pairs += 8.0 * length * length;
        }
        auto report = [&](const char* name, double flops, const std::function<void()>& run) {
            double time = milliseconds(run, repeats, each);
            printf("%d×%-6d %-18s %9.4f ms %7.1f TFLOP/s\n", static_cast<int>(lengths.size()), lengths[0], name, time, pairs * flops / time * 1e-9);
            fflush(stdout);
        };
        report("convert", 0, [&] { device.convert(); });
        report("forward 8x64", 764, [&] { device.forward(0); });
        report("forward 4x64", 764, [&] { device.forward(1); });
        report("forward 4x32", 764, [&] { device.forward(2); });
        report("forward wide", 764, [&] { device.forward(3); });
        report("gradient rows", 0, [&] { device.prepare(); });
        report("keys", 2 * (154 + 228 + 228 + 154), [&] { device.keys(); });
        report("queries", 2 * (154 + 228 + 154), [&] { device.queries(); });
        report("backward", 1836, [&] { device.backward(0); });
        report("keys+queries wide", 2600, [&] { device.wide(); });
        report("backward wide", 1836, [&] { device.backward(3); });
    }
}
#endif

int main(int count, char** arguments) {
    std::string what = count > 1 ? arguments[1] : "";
    bool good = true;
#ifndef BINDRAE_EMULATOR
    // waits for what fills and copies buffers, which may still be under way when those calls return
    require(cudaStreamCreate(&stream), "stream");
#endif
    if (what != "time") {
        good = checkAll();
    }
#ifndef BINDRAE_EMULATOR
    if (what != "check") {
        timeAll();
    }
#endif
    return good ? 0 : 1;
}
