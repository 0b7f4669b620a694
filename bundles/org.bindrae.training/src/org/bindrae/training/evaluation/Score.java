package org.bindrae.training.evaluation;

/**
 * A metric.
 *
 * @param value mean over {@code count} residues; NaN for none
 */
public record Score(double value, long count) {
}
