package org.bindrae.stage1.internal;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * What the distributions over χ1–χ4 look like halfway, each for itself, and how the next blocks see them: residues hear from their neighbours where those
 * expect their side chains to be. Parameters {@code guess} and {@code read}.
 */
public final class ChiDraft {
    private final int bins;
    private final ResidueMlp guess;
    private final Linear read;

    public ChiDraft(Parameters parameters, Stage1Config config) {
        this.bins = config.chi().bins();
        int width = ResidueConstants.CHIS * bins;
        this.guess = new ResidueMlp(parameters.scope("guess"), config.cS(), config.headWidth(), width, config.dropout(), Initializer.ZEROS);
        this.read = new Linear(parameters.scope("read"), width, config.cS(), Initializer.ZEROS, true);
    }

    /** Logits [T, 4, bins]. */
    public Tensor logits(Tape tape, Tensor s) {
        return guess.forward(tape, s).reshape(s.rows(), ResidueConstants.CHIS, bins);
    }

    /** Residues that know the distributions [T, cS]. */
    public Tensor seen(Tape tape, Tensor s, Tensor logits) {
        Tensor probabilities = Ops.softmax(tape, logits).reshape(s.rows(), ResidueConstants.CHIS * bins);
        return Ops.add(tape, s, read.forward(tape, probabilities));
    }
}
