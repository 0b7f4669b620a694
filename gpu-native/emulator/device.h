/*
 * The CUDA language for g++: what common/device.cuh promises, on the CPU. Each thread of a block is a fiber of its own (emulator.cpp); blocks run one after another.
 */
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <type_traits>
#include <utility>

#pragma GCC diagnostic ignored "-Wunknown-pragmas"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
/* The only thread-local variables of the library are shared arrays: that is how the emulator finds them all. */
#define __shared__ static thread_local
#define __constant__ static

struct alignas(8) float2 {
    float x, y;
};
struct float3 {
    float x, y, z;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) int2 {
    int x, y;
};
struct int3 {
    int x, y, z;
};
struct alignas(16) int4 {
    int x, y, z, w;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct uint3 {
    unsigned x, y, z;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
struct alignas(16) double2 {
    double x, y;
};

inline float2 make_float2(float x, float y) {
    return {x, y};
}
inline float3 make_float3(float x, float y, float z) {
    return {x, y, z};
}
inline float4 make_float4(float x, float y, float z, float w) {
    return {x, y, z, w};
}
inline int2 make_int2(int x, int y) {
    return {x, y};
}
inline int3 make_int3(int x, int y, int z) {
    return {x, y, z};
}
inline int4 make_int4(int x, int y, int z, int w) {
    return {x, y, z, w};
}
inline uint2 make_uint2(unsigned x, unsigned y) {
    return {x, y};
}
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) {
    return {x, y, z};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
    return {x, y, z, w};
}
inline double2 make_double2(double x, double y) {
    return {x, y};
}

namespace bindrae::emulator {

/** What the threads of a warp do together: the last lane of the mask to arrive does it for all. */
struct Collective {
    const char* name;
    /** operands[lane] is what the lane brought, null outside the mask. */
    void (*run)(void* const operands[32], unsigned mask);
};

/** Of the thread that runs. */
extern uint3 thread;
extern uint3 block;
extern uint3 blockSize;
extern uint3 gridSize;
extern unsigned char* dynamicShared;

void syncThreads();

/** Of which the emulator knows only that each thread of a kernel must call it. */
void awaitPrevious();

/** A barrier with a number of its own for so many threads. */
void syncSome(unsigned id, unsigned count);

/** Waits for all lanes of the mask. */
void together(const Collective& collective, unsigned mask, void* operand);

/** Fails unless the address is aligned to so many bytes and they lie in shared memory of the block. */
void checkShared(const char* what, const void* address, size_t bytes);

/** Ends the launch with a message. */
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

unsigned lane();

/** The bytes of each parameter of a kernel. */
struct Parameters {
    const unsigned* sizes;
    unsigned count;
};

template <typename... Types> Parameters parametersOf(void (*)(Types...)) {
    static const unsigned sizes[] = {static_cast<unsigned>(sizeof(Types))..., 0};
    return {sizes, sizeof...(Types)};
}

/** Registers a kernel; args[i] points to the argument i. */
struct Registration {
    Registration(const char* name, void (*call)(void** args), Parameters parameters);
};

/** What __launch_bounds__ of a kernel said. */
struct Bounds {
    Bounds(unsigned threads, unsigned blocks = 1, unsigned cluster = 1);
};

template <typename T> T argument(void* pointer) {
    T value;
    memcpy(&value, pointer, sizeof(T));
    return value;
}

template <typename... Parameters, size_t... I> void invoke(void (*kernel)(Parameters...), void** args, std::index_sequence<I...>) {
    kernel(argument<std::remove_cv_t<Parameters>>(args[I])...);
}

template <typename... Parameters> void invoke(void (*kernel)(Parameters...), void** args) {
    invoke(kernel, args, std::index_sequence_for<Parameters...>{});
}

enum class Direction { AT, UP, DOWN, XOR };

struct Shuffle {
    uint64_t value;
    uint64_t result;
    int from;
};
extern const Collective SHUFFLE;

template <typename T> T shuffle(unsigned mask, T value, Direction direction, int operand, int width) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "an int, unsigned, float, long or double");
    int self = static_cast<int>(lane());
    int first = self & ~(width - 1);
    int from = self;
    switch (direction) {
        case Direction::AT:
            from = first + (operand & (width - 1));
            break;
        case Direction::UP:
            from = self - operand < first ? self : self - operand;
            break;
        case Direction::DOWN:
            from = self + operand >= first + width ? self : self + operand;
            break;
        case Direction::XOR:
            from = (self ^ operand) >= first + width ? self : self ^ operand;
            break;
    }
    Shuffle exchange{0, 0, from};
    memcpy(&exchange.value, &value, sizeof(T));
    together(SHUFFLE, mask, &exchange);
    T result;
    memcpy(&result, &exchange.result, sizeof(T));
    return result;
}

struct Vote {
    bool predicate;
    unsigned ballot;
};
extern const Collective VOTE;
extern const Collective SYNC_WARP;

} // namespace bindrae::emulator

#define BINDRAE_JOIN(a, b) BINDRAE_JOINED(a, b)
#define BINDRAE_JOINED(a, b) a##b

#define KERNEL(...) \
    static const ::bindrae::emulator::Bounds BINDRAE_JOIN(bindraeBounds, __COUNTER__){__VA_ARGS__}; \
    extern "C" void

#define EXPORT(name) \
    static const ::bindrae::emulator::Registration bindraeKernel_##name{#name, [](void** args) { ::bindrae::emulator::invoke(name, args); }, ::bindrae::emulator::parametersOf(name)};

#define SHARED_MEMORY(name) unsigned char* name = ::bindrae::emulator::dynamicShared

#define threadIdx ::bindrae::emulator::thread
#define blockIdx ::bindrae::emulator::block
#define blockDim ::bindrae::emulator::blockSize
#define gridDim ::bindrae::emulator::gridSize

inline void awaitPrevious() {
    bindrae::emulator::awaitPrevious();
}
inline void __syncthreads() {
    bindrae::emulator::syncThreads();
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFFu) {
    bindrae::emulator::together(bindrae::emulator::SYNC_WARP, mask, nullptr);
}
inline void __threadfence() {
}
inline void __threadfence_block() {
}

template <typename T> T __shfl_sync(unsigned mask, T value, int from, int width = 32) {
    return bindrae::emulator::shuffle(mask, value, bindrae::emulator::Direction::AT, from, width);
}
template <typename T> T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return bindrae::emulator::shuffle(mask, value, bindrae::emulator::Direction::UP, static_cast<int>(delta), width);
}
template <typename T> T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return bindrae::emulator::shuffle(mask, value, bindrae::emulator::Direction::DOWN, static_cast<int>(delta), width);
}
template <typename T> T __shfl_xor_sync(unsigned mask, T value, int laneMask, int width = 32) {
    return bindrae::emulator::shuffle(mask, value, bindrae::emulator::Direction::XOR, laneMask, width);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    bindrae::emulator::Vote vote{predicate != 0, 0};
    bindrae::emulator::together(bindrae::emulator::VOTE, mask, &vote);
    return vote.ballot;
}
inline int __any_sync(unsigned mask, int predicate) {
    return __ballot_sync(mask, predicate) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
    return __ballot_sync(mask, predicate) == mask;
}

inline int atomicAdd(int* address, int value) {
    int old = *address;
    *address = static_cast<int>(static_cast<unsigned>(old) + static_cast<unsigned>(value));
    return old;
}
inline unsigned atomicAdd(unsigned* address, unsigned value) {
    unsigned old = *address;
    *address = old + value;
    return old;
}
inline int atomicMax(int* address, int value) {
    int old = *address;
    *address = old > value ? old : value;
    return old;
}
inline unsigned atomicMax(unsigned* address, unsigned value) {
    unsigned old = *address;
    *address = old > value ? old : value;
    return old;
}

template <typename T> T __ldg(const T* address) {
    return *address;
}

inline unsigned __float_as_uint(float value) {
    unsigned bits;
    memcpy(&bits, &value, 4);
    return bits;
}
inline float __uint_as_float(unsigned bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
inline int __float_as_int(float value) {
    return static_cast<int>(__float_as_uint(value));
}
inline float __int_as_float(int bits) {
    return __uint_as_float(static_cast<unsigned>(bits));
}

inline float rsqrtf(float x) {
    return static_cast<float>(1 / sqrt(static_cast<double>(x)));
}
inline double rsqrt(double x) {
    return 1 / sqrt(x);
}
/* Rounded by themselves: the emulator is compiled without fused operations. */
inline float __fadd_rn(float x, float y) {
    return x + y;
}
inline float __fmul_rn(float x, float y) {
    return x * y;
}
inline double __dadd_rn(double x, double y) {
    return x + y;
}
inline double __dmul_rn(double x, double y) {
    return x * y;
}
inline float __fdividef(float x, float y) {
    return x / y;
}
inline float __expf(float x) {
    return expf(x);
}
inline float __logf(float x) {
    return logf(x);
}
inline int __popc(unsigned bits) {
    return __builtin_popcount(bits);
}
inline int __clz(int bits) {
    return bits == 0 ? 32 : __builtin_clz(static_cast<unsigned>(bits));
}
inline int __ffs(int bits) {
    return __builtin_ffs(bits);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32);
}

/* min and max of whatever types, as CUDA has them for the global namespace; floats ignore NaN. */
template <typename A, typename B> constexpr std::common_type_t<A, B> min(A a, B b) {
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(fmin(static_cast<T>(a), static_cast<T>(b)));
    } else {
        return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
    }
}
template <typename A, typename B> constexpr std::common_type_t<A, B> max(A a, B b) {
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(fmax(static_cast<T>(a), static_cast<T>(b)));
    } else {
        return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
    }
}
