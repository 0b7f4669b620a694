package org.bindrae.edge.internal;

import static org.bindrae.edge.LocalGeometry.ALPHA;
import static org.bindrae.edge.LocalGeometry.ATOMS;
import static org.bindrae.edge.LocalGeometry.GAUSSIANS;

import java.lang.foreign.MemorySegment;

import org.bindrae.edge.AtomGeometry;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * Writes {@link AtomGeometry} on host memory, in double precision but for the exponential function, which is that of the device.
 *
 * @param backbone [T, 5, 3], Å
 * @param rotations [T, 9], row by row
 * @param positions [H, 3], Å
 */
record HostAtomGeometry(HostDevice host, AtomGeometry geometry, double[] backbone, double[] rotations, double[] positions) {
    private static final int ROWS_PER_CHUNK = 64;
    private static final double NM_PER_ANGSTROM = 0.1;

    void write(Tensor residues, Tensor atoms, Tensor classes, Tensor features) {
        int count = atoms.columns();
        int width = geometry.width();
        DType dtype = features.dtype();
        host.parallel(features.rows(), ROWS_PER_CHUNK, (from, to) -> {
            for (int row = from; row < to; row++) {
                MemorySegment memory = features.memory().asSlice((long) row * width * dtype.bytes(), (long) width * dtype.bytes());
                memory.fill((byte) 0);
                int atom = atoms.intAt(row);
                if (atom >= 0) {
                    dtype.set(memory, classes.intAt(atom), 1);
                    writePlace(residues.intAt(row / count), atom, dtype, memory);
                    writeDistances(residues.intAt(row / count), atom, dtype, memory);
                }
            }
        });
    }

    private void writePlace(int residue, int atom, DType dtype, MemorySegment memory) {
        for (int axis = 0; axis < 3; axis++) {
            double along = 0;
            for (int c = 0; c < 3; c++) {
                along += rotations[9 * residue + 3 * c + axis] * (positions[3 * atom + c] - backbone[3 * (ATOMS * residue + ALPHA) + c]);
            }
            dtype.set(memory, geometry.classes() + axis, along * NM_PER_ANGSTROM);
        }
    }

    private void writeDistances(int residue, int atom, DType dtype, MemorySegment memory) {
        long bytes = dtype.bytes();
        MemorySegment gaussians = memory.asSlice(geometry.distances() * bytes, (long) ATOMS * GAUSSIANS * bytes);
        for (int b = 0; b < ATOMS; b++) {
            double squares = 0;
            for (int c = 0; c < 3; c++) {
                double d = positions[3 * atom + c] - backbone[3 * (ATOMS * residue + b) + c];
                squares += d * d;
            }
            double distance = Math.sqrt(squares) / AtomGeometry.SPACING;
            for (int g = 0; g < GAUSSIANS; g++) {
                dtype.set(gaussians, (long) b * GAUSSIANS + g, -(distance - g) * (distance - g));
            }
        }
        Tensor exponents = Tensor.wrap(host, dtype, Shape.of(ATOMS * GAUSSIANS), gaussians);
        host.kernels().unary(Unary.EXP, exponents, exponents);
    }
}
