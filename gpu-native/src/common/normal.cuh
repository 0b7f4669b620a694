/* The standard normal distribution, for GELU and its derivative: x·Φ(x) and Φ(x) + x·φ(x). */
#pragma once

#include "mma.cuh"

/** Of the standard normal distribution at x: Φ(x), accurate in the lower tail too, and φ(x). */
template <typename T> struct Normal {
    T below;
    T density;
};

/**
 * With t = 1/(1 + |x|/4), Φ(−|x|) = exp(−x²/2)·t·(c₀ + c₁·t + … + c₉·t⁹); the coefficients, a minimax fit of ours, leave 4·10⁻⁸ of that, rounding 2·10⁻⁷ of Φ.
 * A third of the instructions of erfcf and expf.
 */
__device__ __forceinline__ Normal<float> normalAt(float x) {
    float t = reciprocalFast(fmaf(0.25f, fabsf(x), 1.0f));
    float series = 0.0197819975f;
    series = fmaf(series, t, -0.0808772614f);
    series = fmaf(series, t, 0.0955969922f);
    series = fmaf(series, t, -0.0317174269f);
    series = fmaf(series, t, 0.0636990512f);
    series = fmaf(series, t, 0.0589751721f);
    series = fmaf(series, t, 0.0816031042f);
    series = fmaf(series, t, 0.0934663558f);
    series = fmaf(series, t, 0.0997364316f);
    series = fmaf(series, t, 0.0997355667f);
    float exponential = exp2Fast(x * x * -0.72134752044448170f);
    float tail = exponential * t * series;
    return {x < 0 ? tail : 1 - tail, exponential * 0.39894228040143268f};
}

__device__ __forceinline__ Normal<double> normalAt(double x) {
    return {0.5 * erfc(x * -0.70710678118654752440), 0.39894228040143267794 * exp(-0.5 * x * x)};
}
