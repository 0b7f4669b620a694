/* Test of the emulator: products against plain loops, exchanges, and that each kind of misuse is told and not a hang. */
#include "../emulator/mma.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

extern "C" int bindrae_emulator_launch(const char* name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
    unsigned sharedBytes, void** args);
extern "C" const char* bindrae_emulator_error();
extern "C" int bindrae_emulator_has(const char* name);

namespace {

int failures;

void check(bool right, const std::string& what) {
    if (!right) {
        printf("FAILED: %s\n", what.c_str());
        failures++;
    }
}

template <typename... Arguments> bool launch(const char* name, unsigned grid, unsigned threads, unsigned shared, Arguments... arguments) {
    void* pointers[] = {&arguments...};
    return bindrae_emulator_launch(name, grid, 1, 1, threads, 1, 1, shared, pointers) == 0;
}

template <typename... Arguments> void run(const char* name, unsigned grid, unsigned threads, unsigned shared, Arguments... arguments) {
    check(launch(name, grid, threads, shared, arguments...), std::string(name) + ": " + bindrae_emulator_error());
}

template <typename... Arguments> void fails(const char* text, const char* name, unsigned grid, unsigned threads, unsigned shared, Arguments... arguments) {
    check(!launch(name, grid, threads, shared, arguments...), std::string(name) + " should fail");
    std::string error = bindrae_emulator_error();
    check(error.find(text) != std::string::npos && error.find(name) != std::string::npos, std::string(name) + " should tell '" + text + "', not: " + error);
}

float number() {
    return static_cast<float>(rand() % 20001 - 10000) / 3333.0f;
}

std::vector<float> numbers(size_t count) {
    std::vector<float> values(count);
    for (float& value : values) {
        value = number();
    }
    return values;
}

float half(float value) {
    return unpackHalf2(packHalf2(value, 0)).x;
}

float bf16(float value) {
    return unpackBf16x2(packBf16x2(0, value)).y;
}

float tf32(float value) {
    return __uint_as_float(roundTf32(value));
}

void checkProduct(const char* name, int k, float (*rounded)(float), const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& before,
    const std::vector<float>& after) {
    for (int row = 0; row < 16; row++) {
        for (int column = 0; column < 8; column++) {
            double sum = before[row * 8 + column];
            for (int i = 0; i < k; i++) {
                sum += static_cast<double>(rounded(a[row * k + i])) * rounded(b[i * 8 + column]);
            }
            check(fabs(sum - after[row * 8 + column]) < 2e-5, std::string(name) + ": an element differs");
        }
    }
}

void products() {
    struct {
        const char* name;
        int k;
        float (*rounded)(float);
    } kinds[] = {{"test_multiply_f16", 16, half}, {"test_multiply_bf16", 16, bf16}, {"test_multiply_tf32", 8, tf32}};
    for (const auto& kind : kinds) {
        std::vector<float> a = numbers(16 * kind.k);
        std::vector<float> b = numbers(kind.k * 8);
        std::vector<float> d = numbers(16 * 8);
        std::vector<float> before = d;
        run(kind.name, 1, 32, 0, a.data(), b.data(), d.data());
        checkProduct(kind.name, kind.k, kind.rounded, a, b, before, d);
    }
    std::vector<float> a = numbers(256);
    std::vector<float> b = numbers(128);
    std::vector<float> d(128);
    alignas(16) uint32_t packedA[128];
    alignas(16) uint32_t packedB[64];
    for (int i = 0; i < 128; i++) {
        packedA[i] = packHalf2(a[2 * i], a[2 * i + 1]);
    }
    for (int i = 0; i < 64; i++) {
        packedB[i] = packHalf2(b[2 * i], b[2 * i + 1]);
    }
    run("test_ldmatrix_f16", 1, 32, 768, static_cast<uint32_t*>(packedA), static_cast<uint32_t*>(packedB), d.data());
    checkProduct("test_ldmatrix_f16", 16, half, a, b, std::vector<float>(128), d);
}

void rounding() {
    check(packHalf2(1.0f, -2.0f) == 0xC0003C00u, "halves");
    check(packHalf2(65504.0f, 65520.0f) == 0x7C007BFFu, "the largest half, and infinity from 65520 on");
    check(packHalf2(65519.0f, 1e30f) == 0x7C007BFFu, "the largest half below 65520");
    check(packHalf2(1.0f + 0x1p-11f, 1.0f + 3 * 0x1p-11f) == 0x3C023C00u, "ties of halves go to even");
    check(packHalf2(0x1p-24f, 0x1p-25f) == 0x00000001u, "subnormal halves");
    check(packHalf2(0x1.8p-25f, 0x1p-14f - 0x1p-26f) == 0x04000001u, "subnormal halves round up to normal ones");
    check(packBf16x2(1.0f + 0x1p-8f, 1.0f + 3 * 0x1p-8f) == 0x3F823F80u, "ties of bf16 go to even");
    check(roundTf32(1.0f + 0x1p-11f) == __float_as_uint(1.0f + 0x1p-10f), "ties of tf32 go away from zero");
    check(roundTf32(-1.0f - 0x1p-11f) == __float_as_uint(-1.0f - 0x1p-10f), "ties of tf32 go away from zero");
    check(roundTf32(1.0f + 0x1.fp-12f) == __float_as_uint(1.0f), "tf32 rounds to nearest");
    for (uint32_t bits = 0; bits < 65536; bits++) {
        float2 value = unpackHalf2(bits | bits << 16);
        check(value.x != value.x || (packHalf2(value.x, value.y) & 0xFFFFu) == bits, "a half survives conversion");
    }
}

void exchanges() {
    std::vector<int> out(64 * 8);
    run("test_shuffle_f32", 1, 64, 0, out.data());
    for (int thread = 0; thread < 64; thread++) {
        int lane = thread % 32;
        const int* own = out.data() + thread * 8;
        check(own[0] == 5, "__shfl_sync");
        check(own[1] == (lane ^ 3), "__shfl_xor_sync");
        check(own[2] == (lane + 4 < 32 ? lane + 4 : lane), "__shfl_down_sync");
        check(own[3] == (lane >= 4 ? lane - 4 : lane), "__shfl_up_sync");
        check(own[4] == lane / 8 * 8 + 2, "__shfl_sync of width 8");
        check(own[5] == 0x49249249, "__ballot_sync");
        check(own[6] == 2, "__any_sync and __all_sync");
        check(own[7] == (lane + 2 < 32 ? lane + 2 : lane), "__shfl_down_sync of doubles");
    }
    std::vector<float> values = numbers(3 * 256);
    std::vector<double> sums(3);
    run("test_sum_f64", 3, 256, 0, values.data(), sums.data());
    for (int block = 0; block < 3; block++) {
        double sum = 256;
        for (int i = 0; i < 256; i++) {
            sum += values[block * 256 + i];
        }
        check(fabs(sum - sums[block]) < 1e-9, "blockSum");
    }
}

void indices() {
    std::vector<int> out(2 * 3 * 2 * 4 * 3 * 5);
    int* pointer = out.data();
    void* arguments[] = {&pointer};
    check(bindrae_emulator_launch("test_index_i32", 2, 3, 2, 4, 3, 5, 0, arguments) == 0, "a grid and a block in three dimensions");
    for (size_t i = 0; i < out.size(); i++) {
        check(out[i] == 1 + static_cast<int>(i % 60), "each thread of each block runs once");
    }
    uint4 words{};
    unsigned atLeast = 0;
    run("test_philox_i32", 1, 1, 0, uint64_t{0}, uint64_t{0}, uint64_t{0}, &words, 0x9B00DC, &atLeast);
    check(words.x == 0x6627E8D5u && words.y == 0xE169C58Du && words.z == 0xBC57AC4Cu && words.w == 0x9B00DBD8u, "Philox of Salmon et al., first known answer");
    check(atLeast == 0b0110u, "which numbers are at least a limit");
}

void misuse() {
    check(bindrae_emulator_has("test_index_i32") == 1 && bindrae_emulator_has("test_nothing") == 0, "which kernels there are");
    std::vector<float> unset(3 * 64);
    run("test_unset_f32", 3, 32, 128, unset.data());
    for (float value : unset) {
        check(value != value, "shared memory is NaN at the start of a block");
    }
    int ignored = 0;
    alignas(16) float in[256] = {};
    fails("no kernel", "test_nothing", 1, 1, 0);
    fails("128×1×1 threads", "test_divergent_i32", 1, 128, 0, 64);
    fails("0×1×1 blocks", "test_divergent_i32", 0, 64, 0, 64);
    fails("dynamic shared memory", "test_divergent_i32", 1, 64, 300000, 64);
    for (int repeat = 0; repeat < 3; repeat++) {
        fails("63 at __syncthreads (thread 0 first), 1 of 64 have returned", "test_divergent_i32", 2, 64, 0, 63);
        fails("lanes 0000ffff of warp 0 at __shfl_sync for lanes ffffffff", "test_divergent_shuffle_i32", 1, 64, 0, 16, &ignored);
        run("test_divergent_i32", 2, 64, 0, 64);
    }
    int hasty = 0;
    fails("32 of 64 threads call awaitPrevious", "test_hasty_i32", 1, 64, 0, &hasty);
    fails("not aligned to 16 bytes", "test_misaligned_i32", 1, 32, 256, static_cast<float*>(in), 8, 0);
    fails("global memory is not aligned", "test_misaligned_i32", 1, 32, 256, static_cast<float*>(in), 16, 1);
    fails("not in shared memory", "test_misaligned_i32", 1, 32, 256, static_cast<float*>(in), 256, 0);
    float results[32];
    run("test_access_f32", 1, 32, 0, static_cast<float*>(in), 31, static_cast<float*>(results));
    fails("kernels.cu", "test_access_f32", 1, 32, 0, static_cast<float*>(in), 32, static_cast<float*>(results));
    fails("index 32 is outside its array", "test_access_f32", 1, 32, 0, static_cast<float*>(in), 32, static_cast<float*>(results));
    fails("not aligned to 16 bytes", "test_access_f32", 1, 32, 0, in + 1, 0, static_cast<float*>(results));
    fails("null pointer", "test_access_f32", 1, 32, 0, static_cast<float*>(nullptr), 0, static_cast<float*>(results));
    fails("past the end of its 256 bytes", "test_overflow_i32", 1, 32, 256, 256);
    fails("before dynamic shared memory", "test_overflow_i32", 1, 32, 256, -1);
    run("test_overflow_i32", 1, 32, 256, 255);
}

void copies() {
    alignas(16) float in[128];
    float out[128];
    for (int i = 0; i < 128; i++) {
        in[i] = static_cast<float>(i);
    }
    run("test_late_copy_f32", 1, 32, 0, static_cast<float*>(in), static_cast<float*>(out), 1);
    for (int i = 0; i < 128; i++) {
        check(out[i] == (i / 4 % 2 == 0 ? static_cast<float>(i) : 0), "an asynchronous copy, zeros where it is not valid");
    }
    run("test_late_copy_f32", 1, 32, 0, static_cast<float*>(in), static_cast<float*>(out), 0);
    check(out[0] != out[0], "an asynchronous copy arrives when it is waited for");
}

void randomOrder() {
    int wrong = 0;
    for (const char* seed : {"1", "2", "3"}) {
        setenv("BINDRAE_EMULATOR_SHUFFLE", seed, 1);
        std::vector<int> out(256);
        run("test_race_i32", 1, 256, 0, out.data(), 1);
        for (int i = 0; i < 256; i++) {
            check(out[i] == (i > 0 ? i : 1), "a barrier holds in random order");
        }
        run("test_race_i32", 1, 256, 0, out.data(), 0);
        for (int i = 0; i < 256; i++) {
            wrong += out[i] != (i > 0 ? i : 1);
        }
        exchanges();
        products();
    }
    unsetenv("BINDRAE_EMULATOR_SHUFFLE");
    check(wrong > 30, "random order shows that a barrier is missing");
}

void speed() {
    auto start = std::chrono::steady_clock::now();
    std::vector<int> out(256);
    run("test_barriers_i32", 1, 256, 0, out.data(), 10000);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (int i = 0; i < 256; i++) {
        check(out[i] == 10000 * 9999 / 2 + 10000 * ((i + 1) % 256), "many barriers");
    }
    printf("emulator: %.0f ns for each thread at a barrier\n", seconds * 1e9 / (256 * 20000.0));
}

} // namespace

int main() {
    products();
    rounding();
    exchanges();
    indices();
    misuse();
    copies();
    randomOrder();
    speed();
    printf(failures == 0 ? "emulator: all tests passed\n" : "emulator: %d checks failed\n", failures);
    return failures == 0 ? 0 : 1;
}
