package org.bindrae.training.prediction;

import java.util.Arrays;

import org.bindrae.geometry.AngleBins;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.TensorArena;
import org.bindrae.training.packing.ChiDistribution;

/**
 * What a network says of the χ angles of one sample of a batch.
 *
 * @param arena has the output, and gets what else is computed
 * @param first row of the sample's first residue in the output
 */
record NetworkDistribution(Stage1Model model, TensorArena arena, Stage1Output.Distributions output, int first) implements ChiDistribution {
    @Override
    public AngleBins bins() {
        return new AngleBins(model.config().chi().bins());
    }

    @Override
    public double[] probabilities(int chi, int[] residues, double[] earlier) {
        Tape tape = Tape.inference(arena);
        int[] rows = Arrays.stream(residues).map(residue -> first + residue).toArray();
        return Ops.softmax(tape, model.distribution(tape, output, chi, rows, earlier)).toDoubles();
    }
}
