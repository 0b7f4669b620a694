/** Metrics of predictions, the rotamer baseline, and the comparison of several methods on the same residues. */
package org.bindrae.training.evaluation;
