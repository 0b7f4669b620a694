package org.example.attention.streaming;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The tensors of {@link AttentionInputs}, or their gradients, in double precision. Those of the pair term are empty where there is none. */
record InputArrays(double[] q, double[] kv, double[] qPoints, double[] kvPoints, double[] rot, double[] trans, double[] headWeights, double[] b1, double[] b2,
        double[] d1, double[] d2) {
    static InputArrays of(Tensor[] tensors) {
        double[][] arrays = new double[11][0];
        for (int i = 0; i < tensors.length; i++) {
            arrays[i] = tensors[i].toDoubles();
        }
        return of(arrays);
    }

    private static InputArrays of(double[][] a) {
        return new InputArrays(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]);
    }

    /** In the order of {@link AttentionInputs#tensors()}. */
    private double[][] all() {
        return new double[][] {q, kv, qPoints, kvPoints, rot, trans, headWeights, b1, b2, d1, d2};
    }

    InputArrays zeros() {
        double[][] zeros = all();
        for (int i = 0; i < zeros.length; i++) {
            zeros[i] = new double[zeros[i].length];
        }
        return of(zeros);
    }

    /** As gradients: adds them to those of the tensors that the tape differentiates with respect to. */
    void addTo(Tape tape, Tensor[] tensors) {
        double[][] gradients = all();
        for (int i = 0; i < tensors.length; i++) {
            if (tape.tracks(tensors[i])) {
                Tensor sum = tape.gradient(tensors[i]);
                for (int n = 0; n < gradients[i].length; n++) {
                    sum.dtype().set(sum.memory(), n, sum.dtype().get(sum.memory(), n) + gradients[i][n]);
                }
            }
        }
    }
}
