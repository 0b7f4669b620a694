package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;

/**
 * How much the ligand counts: a learned scalar {@code scale} that starts at 1 (where it is learned), times {@code warm_up}, which grows from 0 to 1 in the
 * first steps of training. Both are saved with the weights, so that a trained network predicts with the gate that it was trained with.
 */
public final class LigandGate {
    private final Tensor scale;
    private final Tensor warmUp;
    private final int warmUpSteps;

    public LigandGate(Parameters parameters, boolean learned, int warmUpSteps) {
        this.scale = learned ? parameters.create("scale", Shape.of(1), Initializer.ONES) : null;
        this.warmUp = parameters.buffer("warm_up", Shape.of(1), 0);
        this.warmUpSteps = warmUpSteps;
        setStep(0);
    }

    /** Sets the warm-up factor of a training step, counted from 0. */
    public void setStep(long step) {
        warmUp.set(step >= warmUpSteps ? 1 : (double) step / warmUpSteps);
    }

    /** The gate of one pass over samples with these tokens; null where it is closed for all. */
    public Opening open(Tape tape, DType type, Packing residues, Packing tokens) {
        double factor = warmUp.item();
        if (factor == 0 || tokens.total() == 0) {
            return null;
        }
        double[] perResidue = new double[residues.total()];
        for (int s = 0; s < residues.count(); s++) {
            Arrays.fill(perResidue, residues.start(s), residues.end(s), tokens.length(s) == 0 ? 0 : factor);
        }
        return new Opening(tape.scratch(type, Shape.of(perResidue.length)).set(perResidue), scale);
    }

    /**
     * @param perResidue constants [T], 0 for residues of samples without ligand
     * @param scale [1], or null for 1
     */
    public record Opening(Tensor perResidue, Tensor scale) {
        /** Multiplies the rows of a change [T, width]. */
        Tensor weigh(Tape tape, Tensor change) {
            Tensor weighed = Ops.multiply(tape, change, perResidue, Broadcast.COLUMN);
            return scale == null ? weighed : Ops.multiply(tape, weighed, scale, Broadcast.SCALAR);
        }
    }
}
