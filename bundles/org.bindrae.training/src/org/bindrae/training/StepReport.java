package org.bindrae.training;

/**
 * What a step did.
 *
 * @param step counts from 1
 * @param totalSteps of the run
 * @param epoch counts from 0
 * @param losses before the step
 * @param loss the weighted sum of {@code losses}
 * @param learningRate of this step
 * @param gradientNorm before clipping
 * @param residues of its samples
 * @param activationBytes largest memory of activations and their gradients that any batch has needed so far
 * @param seconds it took, waiting for data included
 */
public record StepReport(long step, long totalSteps, int epoch, LossSums losses, double loss, double learningRate, double gradientNorm, int residues,
        long activationBytes, double seconds) {
    public double residuesPerSecond() {
        return residues / seconds;
    }
}
