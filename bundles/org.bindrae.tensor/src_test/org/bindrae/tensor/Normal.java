package org.bindrae.tensor;

import java.math.BigDecimal;
import java.math.MathContext;

/** The standard normal distribution exactly, from its series: slow, for tests. */
public final class Normal {
    private static final MathContext DIGITS = new MathContext(400);
    private static final BigDecimal ROOT_TWO_PI = pi().multiply(BigDecimal.TWO).sqrt(DIGITS);

    private Normal() {
    }

    /** Φ(x) = ½ + φ(0)·Σ (−1)^n x^(2n+1) / (2^n n! (2n+1)), for |x| ≤ 30; 400 digits outlast the cancellation of the lower tail. */
    public static double cdf(double x) {
        BigDecimal square = new BigDecimal(x).pow(2);
        BigDecimal term = new BigDecimal(x);
        BigDecimal sum = BigDecimal.ZERO;
        for (int n = 0; term.signum() != 0 && term.precision() - term.scale() > -400; n++) {
            sum = sum.add(term.divide(BigDecimal.valueOf(2L * n + 1), DIGITS), DIGITS);
            term = term.multiply(square).divide(BigDecimal.valueOf(-2L * (n + 1)), DIGITS);
        }
        return sum.divide(ROOT_TWO_PI, DIGITS).add(new BigDecimal("0.5")).doubleValue();
    }

    /** Machin: π = 16·arctan(1/5) − 4·arctan(1/239). */
    private static BigDecimal pi() {
        return arctanInverse(5).multiply(BigDecimal.valueOf(16)).subtract(arctanInverse(239).multiply(BigDecimal.valueOf(4)));
    }

    private static BigDecimal arctanInverse(int q) {
        BigDecimal power = BigDecimal.ONE.divide(BigDecimal.valueOf(q), DIGITS);
        BigDecimal sum = BigDecimal.ZERO;
        for (int n = 0; power.precision() - power.scale() > -410; n++) {
            BigDecimal term = power.divide(BigDecimal.valueOf(2L * n + 1), DIGITS);
            sum = n % 2 == 0 ? sum.add(term, DIGITS) : sum.subtract(term, DIGITS);
            power = power.divide(BigDecimal.valueOf((long) q * q), DIGITS);
        }
        return sum;
    }
}
