package org.bindrae.training;

/**
 * What a validation found, with the averaged weights.
 *
 * @param step steps done
 * @param epoch counts from 0
 * @param losses over all validation samples
 * @param loss the weighted sum of {@code losses}
 * @param chi1Accuracy fraction of residues whose χ1 is right within 20°; NaN where there are none
 * @param residues of all samples
 * @param better whether it is the best so far
 */
public record ValidationReport(long step, int epoch, LossSums losses, double loss, double chi1Accuracy, int residues, boolean better) {
}
