/* Tensor-core products and ldmatrix of a warp, on the fragments that common/mma.cuh describes. */
#include "mma.h"

namespace bindrae::emulator {

uint16_t toHalf(float value) {
    uint32_t bits = __float_as_uint(value);
    uint32_t sign = bits >> 16 & 0x8000u;
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return 0x7FFFu;
    }
    if (magnitude >= 0x47800000u) { // 65536 and more
        return static_cast<uint16_t>(sign | 0x7C00u);
    }
    uint32_t exponent = magnitude >> 23;
    uint32_t result;
    if (exponent >= 113) { // 2^-14 and more: the carry of rounding may reach the exponent, up to infinity
        result = (magnitude - (112u << 23) + 0xFFFu + (magnitude >> 13 & 1)) >> 13;
    } else if (exponent >= 102) { // subnormal
        uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
        uint32_t shift = 126 - exponent;
        uint32_t half = 1u << (shift - 1);
        result = (mantissa + half - 1 + (mantissa >> shift & 1)) >> shift;
    } else {
        result = 0;
    }
    return static_cast<uint16_t>(sign | result);
}

namespace {

float convertHalf(uint16_t bits) {
    uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    uint32_t exponent = bits >> 10 & 0x1Fu;
    uint32_t mantissa = bits & 0x3FFu;
    if (exponent == 31) {
        return __uint_as_float(sign | 0x7F800000u | mantissa << 13);
    }
    if (exponent == 0) {
        float value = static_cast<float>(mantissa) * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    return __uint_as_float(sign | (exponent + 112) << 23 | mantissa << 13);
}

struct Halves {
    float values[65536];

    Halves() {
        for (unsigned bits = 0; bits < 65536; bits++) {
            values[bits] = convertHalf(static_cast<uint16_t>(bits));
        }
    }
};

const Halves HALVES;

float fromBf16(uint16_t bits) {
    return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}

float fromTf32(uint32_t bits) {
    return __uint_as_float(bits & 0xFFFFE000u);
}

/** d += A·B in place of the fragments; products of these types are exact in a float. */
template <int K> void multiply(void* const operands[32], const float (&a)[16][K], const float (&b)[K][8]) {
    float d[16][8];
    for (unsigned lane = 0; lane < 32; lane++) {
        const float* own = static_cast<Product*>(operands[lane])->d;
        unsigned row = lane / 4;
        unsigned column = lane % 4 * 2;
        d[row][column] = own[0];
        d[row][column + 1] = own[1];
        d[row + 8][column] = own[2];
        d[row + 8][column + 1] = own[3];
    }
    for (int row = 0; row < 16; row++) {
        for (int k = 0; k < K; k++) {
            for (int column = 0; column < 8; column++) {
                d[row][column] += a[row][k] * b[k][column];
            }
        }
    }
    for (unsigned lane = 0; lane < 32; lane++) {
        float* own = static_cast<Product*>(operands[lane])->d;
        unsigned row = lane / 4;
        unsigned column = lane % 4 * 2;
        own[0] = d[row][column];
        own[1] = d[row][column + 1];
        own[2] = d[row + 8][column];
        own[3] = d[row + 8][column + 1];
    }
}

template <float (*CONVERT)(uint16_t)> void multiply16(void* const operands[32], unsigned) {
    float a[16][16];
    float b[16][8];
    for (unsigned lane = 0; lane < 32; lane++) {
        const Product& product = *static_cast<Product*>(operands[lane]);
        unsigned group = lane / 4;
        unsigned pair = lane % 4 * 2;
        for (unsigned word = 0; word < 4; word++) {
            unsigned row = group + word % 2 * 8;
            unsigned column = pair + word / 2 * 8;
            a[row][column] = CONVERT(static_cast<uint16_t>(product.a[word]));
            a[row][column + 1] = CONVERT(static_cast<uint16_t>(product.a[word] >> 16));
        }
        for (unsigned word = 0; word < 2; word++) {
            unsigned row = pair + word * 8;
            b[row][group] = CONVERT(static_cast<uint16_t>(product.b[word]));
            b[row + 1][group] = CONVERT(static_cast<uint16_t>(product.b[word] >> 16));
        }
    }
    multiply<16>(operands, a, b);
}

void multiplyTf32(void* const operands[32], unsigned) {
    float a[16][8];
    float b[8][8];
    for (unsigned lane = 0; lane < 32; lane++) {
        const Product& product = *static_cast<Product*>(operands[lane]);
        unsigned group = lane / 4;
        unsigned t = lane % 4;
        for (unsigned word = 0; word < 4; word++) {
            a[group + word % 2 * 8][t + word / 2 * 4] = fromTf32(product.a[word]);
        }
        for (unsigned word = 0; word < 2; word++) {
            b[t + word * 4][group] = fromTf32(product.b[word]);
        }
    }
    multiply<8>(operands, a, b);
}

template <int MATRICES, bool TRANSPOSED> void loadMatrices(void* const operands[32], unsigned) {
    uint16_t rows[MATRICES][8][8];
    for (unsigned lane = 0; lane < MATRICES * 8; lane++) {
        const MatrixRow& row = *static_cast<MatrixRow*>(operands[lane]);
        checkShared("ldmatrix", row.address, 16);
        memcpy(rows[lane / 8][lane % 8], row.address, 16);
    }
    for (unsigned lane = 0; lane < 32; lane++) {
        const MatrixRow& own = *static_cast<MatrixRow*>(operands[lane]);
        unsigned row = lane / 4;
        unsigned pair = lane % 4 * 2;
        for (int matrix = 0; matrix < MATRICES; matrix++) {
            uint16_t low = TRANSPOSED ? rows[matrix][pair][row] : rows[matrix][row][pair];
            uint16_t high = TRANSPOSED ? rows[matrix][pair + 1][row] : rows[matrix][row][pair + 1];
            own.r[matrix] = low | static_cast<uint32_t>(high) << 16;
        }
    }
}

} // namespace

float fromHalf(uint16_t bits) {
    return HALVES.values[bits];
}

uint16_t toBf16(float value) {
    uint32_t bits = __float_as_uint(value);
    return value != value ? 0x7FFFu : static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

const Collective MMA_F16 = {"mmaF16", multiply16<fromHalf>};
const Collective MMA_BF16 = {"mmaBf16", multiply16<fromBf16>};
const Collective MMA_TF32 = {"mmaTf32", multiplyTf32};
const Collective LDMATRIX4 = {"ldmatrix4", loadMatrices<4, false>};
const Collective LDMATRIX4_TRANS = {"ldmatrix4Trans", loadMatrices<4, true>};
const Collective LDMATRIX2 = {"ldmatrix2", loadMatrices<2, false>};
const Collective LDMATRIX2_TRANS = {"ldmatrix2Trans", loadMatrices<2, true>};

} // namespace bindrae::emulator
