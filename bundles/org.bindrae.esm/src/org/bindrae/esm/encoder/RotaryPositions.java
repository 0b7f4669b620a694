package org.bindrae.esm.encoder;

import java.util.Arrays;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** The angles of rotary positions (Su et al. 2021), for {@link org.bindrae.tensor.Kernels.SelfAttention}. */
final class RotaryPositions {
    private RotaryPositions() {
    }

    /**
     * Angle c of position p is p · base^(−2c/d), the frequency rounded to single precision as the published model has it.
     *
     * @param columns d, of a head
     * @return [positions, d]: cosines, then sines
     */
    static Tensor table(TensorArena arena, DType dtype, int positions, int columns, double base) {
        int half = columns / 2;
        double[] frequencies = new double[half];
        Arrays.setAll(frequencies, c -> 1f / (float) StrictMath.pow(base, (float) (2 * c) / columns));
        double[] table = new double[Math.multiplyExact(positions, columns)];
        for (int p = 0; p < positions; p++) {
            for (int c = 0; c < half; c++) {
                table[p * columns + c] = StrictMath.cos(p * frequencies[c]);
                table[p * columns + half + c] = StrictMath.sin(p * frequencies[c]);
            }
        }
        return arena.allocate(dtype, Shape.of(positions, columns)).set(table);
    }
}
