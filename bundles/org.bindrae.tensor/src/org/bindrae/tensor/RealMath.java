package org.bindrae.tensor;

/**
 * Functions of a double that give the same bits everywhere and at every time. {@link Math#exp} and its like may differ between interpreted and compiled code,
 * {@link StrictMath} may not.
 */
public final class RealMath {
    /** 1/√(2π) */
    private static final double DENSITY_AT_ZERO = 0.3989422804014327;

    /** Chebyshev expansion of (u + 4)·exp(u²/2)·Φ(−u) in q = (u − 4)/(u + 4) for u in [0, 38.6], as a polynomial; relative error below 1e-16. */
    private static final double[] TAIL = {0.7552851304157515, -0.6078966419718921, 0.38713740074221464, -0.18652185795965934, 0.06039657489093094,
            -0.007540188966660317, -0.003479692367269458, 0.0016308184566239162, 0.00013334431095485722, -0.00023109492744372123, -1.908248237938191e-06,
            3.5144648621476944e-05, 7.166202038364242e-07, -5.920058470829039e-06, -6.295598739361727e-07, 1.0213277655749783e-06, 2.715369241463661e-07,
            -1.5468335136638718e-07, -8.50694799192604e-08, 1.307188640717761e-08, 1.9356923730044854e-08, 1.9987107510558752e-09, -2.4120217828440618e-09,
            -7.371287245173975e-10, -1.801888384916421e-11};

    private RealMath() {
    }

    /** Φ(x) = ½·erfc(−x/√2), the standard normal distribution function, relative error below 1e-15 also in the lower tail. */
    public static double normalCdf(double x) {
        double u = Math.min(Math.abs(x), 38.6);
        double r = 1 / (u + 4);
        double q = Math.fma(-8, r, 1);
        double p = TAIL[TAIL.length - 1];
        for (int i = TAIL.length - 2; i >= 0; i--) {
            p = Math.fma(p, q, TAIL[i]);
        }
        double square = u * u;
        double rounding = Math.fma(u, u, -square);
        double tail = p * r * StrictMath.exp(-0.5 * square) * (1 - 0.5 * rounding);
        return x < 0 ? tail : 1 - tail;
    }

    /** φ(x) = Φ'(x). */
    public static double normalDensity(double x) {
        return DENSITY_AT_ZERO * StrictMath.exp(-0.5 * x * x);
    }

    /** 1/(1 + exp(−x)) */
    public static double sigmoid(double x) {
        if (x >= 0) {
            return 1 / (1 + StrictMath.exp(-x));
        }
        double e = StrictMath.exp(x);
        return e / (1 + e);
    }

    /** log(1 + exp(x)) */
    public static double softplus(double x) {
        return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
    }
}
