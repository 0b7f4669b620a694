package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.tensor.DType;
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
    private final Parameters parameters;
    /** What {@code warm_up} holds, and the {@link Parameters#loads()} for which that is so. */
    private double factor;
    private long loads;

    public LigandGate(Parameters parameters, boolean learned, int warmUpSteps) {
        this.scale = learned ? parameters.create("scale", Shape.of(1), Initializer.ONES) : null;
        this.warmUp = parameters.buffer("warm_up", Shape.of(1), 0);
        this.warmUpSteps = warmUpSteps;
        this.parameters = parameters;
        set(factorOf(0));
    }

    /** Sets the warm-up factor of a training step, counted from 0. */
    public void setStep(long step) {
        double next = factorOf(step);
        if (next != factor()) {
            set(next);
        }
    }

    private double factorOf(long step) {
        return step >= warmUpSteps ? 1 : (double) step / warmUpSteps;
    }

    private void set(double value) {
        warmUp.set(value);
        factor = warmUp.dtype() == DType.F32 ? (float) value : value;
        loads = parameters.loads();
    }

    /** The value of {@code warm_up}, which is read only after weights were loaded: reading waits for the device. */
    private double factor() {
        if (loads != parameters.loads()) {
            factor = warmUp.item();
            loads = parameters.loads();
        }
        return factor;
    }

    /** The gate of one pass over samples with these tokens; null where it is closed for all. */
    public Opening open(Tape tape, DType type, Packing residues, Packing tokens) {
        double factor = factor();
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
    }
}
