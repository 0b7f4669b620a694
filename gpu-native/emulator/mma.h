/*
 * What common/mma.cuh promises, on the CPU: tensor-core products on the real fragments, ldmatrix, asynchronous copies.
 */
#pragma once

#include "device.h"

namespace bindrae::emulator {

uint16_t toHalf(float value);
float fromHalf(uint16_t bits);
uint16_t toBf16(float value);

struct Product {
    float* d;
    const uint32_t* a;
    const uint32_t* b;
};
extern const Collective MMA_F16;
extern const Collective MMA_BF16;
extern const Collective MMA_TF32;

struct MatrixRow {
    uint32_t* r;
    const void* address;
};
extern const Collective LDMATRIX4;
extern const Collective LDMATRIX4_TRANS;
extern const Collective LDMATRIX2;
extern const Collective LDMATRIX2_TRANS;

/** Begins a copy that is carried out when it is waited for. */
void copyAsync(void* shared, const void* global, unsigned bytes, bool valid);
void copyAsyncCommit();
/** Carries out all but the newest groups. */
void copyAsyncWait(unsigned newest);

} // namespace bindrae::emulator

inline uint32_t packHalf2(float low, float high) {
    return bindrae::emulator::toHalf(low) | static_cast<uint32_t>(bindrae::emulator::toHalf(high)) << 16;
}
inline float2 unpackHalf2(uint32_t packed) {
    return {bindrae::emulator::fromHalf(static_cast<uint16_t>(packed)), bindrae::emulator::fromHalf(static_cast<uint16_t>(packed >> 16))};
}
inline uint32_t packBf16x2(float low, float high) {
    return bindrae::emulator::toBf16(low) | static_cast<uint32_t>(bindrae::emulator::toBf16(high)) << 16;
}
inline float2 unpackBf16x2(uint32_t packed) {
    return {__uint_as_float(packed << 16), __uint_as_float(packed & 0xFFFF0000u)};
}
inline uint32_t roundTf32(float value) {
    uint32_t bits = __float_as_uint(value);
    return isfinite(value) ? (bits + 0x1000u) & 0xFFFFE000u : value != value ? 0x7FFFE000u : bits;
}

inline void mmaF16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    bindrae::emulator::Product product{d, a, b};
    bindrae::emulator::together(bindrae::emulator::MMA_F16, 0xFFFFFFFFu, &product);
}
inline void mmaBf16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    bindrae::emulator::Product product{d, a, b};
    bindrae::emulator::together(bindrae::emulator::MMA_BF16, 0xFFFFFFFFu, &product);
}
inline void mmaTf32(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    bindrae::emulator::Product product{d, a, b};
    bindrae::emulator::together(bindrae::emulator::MMA_TF32, 0xFFFFFFFFu, &product);
}

inline void ldmatrix4(uint32_t r[4], const void* shared) {
    bindrae::emulator::MatrixRow row{r, shared};
    bindrae::emulator::together(bindrae::emulator::LDMATRIX4, 0xFFFFFFFFu, &row);
}
inline void ldmatrix4Trans(uint32_t r[4], const void* shared) {
    bindrae::emulator::MatrixRow row{r, shared};
    bindrae::emulator::together(bindrae::emulator::LDMATRIX4_TRANS, 0xFFFFFFFFu, &row);
}
inline void ldmatrix2(uint32_t r[2], const void* shared) {
    bindrae::emulator::MatrixRow row{r, shared};
    bindrae::emulator::together(bindrae::emulator::LDMATRIX2, 0xFFFFFFFFu, &row);
}
inline void ldmatrix2Trans(uint32_t r[2], const void* shared) {
    bindrae::emulator::MatrixRow row{r, shared};
    bindrae::emulator::together(bindrae::emulator::LDMATRIX2_TRANS, 0xFFFFFFFFu, &row);
}

inline void copyAsync16(void* shared, const void* global, bool valid) {
    bindrae::emulator::copyAsync(shared, global, 16, valid);
}
inline void copyAsync8(void* shared, const void* global, bool valid) {
    bindrae::emulator::copyAsync(shared, global, 8, valid);
}
inline void copyAsync4(void* shared, const void* global, bool valid) {
    bindrae::emulator::copyAsync(shared, global, 4, valid);
}
inline void copyAsyncCommit() {
    bindrae::emulator::copyAsyncCommit();
}
template <int N> void copyAsyncWait() {
    bindrae::emulator::copyAsyncWait(N);
}

inline void syncWarps(int id, int threads) {
    bindrae::emulator::syncSome(static_cast<unsigned>(id), static_cast<unsigned>(threads));
}

inline float exp2Fast(float x) {
    return x < -126 ? 0 : exp2f(x);
}

inline float reciprocalFast(float x) {
    return 1 / x;
}
