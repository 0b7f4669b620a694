package org.bindrae.tensor.cpu;

import org.bindrae.tensor.Kernels.AdamWStep;

/** What is the same for all elements of an AdamW step: p = p·decay − rate·m / (√v·rootScale + eps). */
record AdamWFactors(double decay, double rate, double rootScale) {
    static AdamWFactors of(AdamWStep step) {
        double correction1 = 1 - StrictMath.pow(step.beta1(), step.step());
        double correction2 = 1 - StrictMath.pow(step.beta2(), step.step());
        return new AdamWFactors(1 - step.learningRate() * step.weightDecay(), step.learningRate() / correction1, 1 / Math.sqrt(correction2));
    }
}
