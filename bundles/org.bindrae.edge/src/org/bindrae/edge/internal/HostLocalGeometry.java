package org.bindrae.edge.internal;

import static org.bindrae.edge.LocalGeometry.ALPHA;
import static org.bindrae.edge.LocalGeometry.ATOMS;
import static org.bindrae.edge.LocalGeometry.AXES;
import static org.bindrae.edge.LocalGeometry.DEVIATION;
import static org.bindrae.edge.LocalGeometry.FARTHEST;
import static org.bindrae.edge.LocalGeometry.GAUSSIANS;
import static org.bindrae.edge.LocalGeometry.POSITIONS;
import static org.bindrae.edge.LocalGeometry.STEPS;
import static org.bindrae.edge.LocalGeometry.WIDTH;

import java.lang.foreign.MemorySegment;

import org.bindrae.edge.LocalGeometry;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * Writes {@link LocalGeometry} of pairs of residues on host memory, in double precision but for the exponential function, which is that of the device.
 *
 * @param backbone [T, 5, 3], Å
 * @param rotations [T, 9], row by row
 */
record HostLocalGeometry(HostDevice host, double[] backbone, double[] rotations) {
    private static final int PAIRS_PER_CHUNK = 64;
    private static final double NM_PER_ANGSTROM = 0.1;
    /** From one Gaussian to the next, in deviations. */
    private static final double SPACING = FARTHEST / (GAUSSIANS - 1) / DEVIATION;

    void write(Tensor indices, Tensor places, Tensor chains, Tensor features) {
        int k = indices.columns();
        host.parallel(features.rows(), PAIRS_PER_CHUNK, (from, to) -> {
            for (int pair = from; pair < to; pair++) {
                int i = pair / k;
                int j = indices.intAt(pair);
                var row = new Row(features, (long) pair * WIDTH);
                row.clear();
                if (j >= 0) {
                    row.writeDistances(this, i, j);
                    row.writeFrame(this, i, j);
                    int difference = places.intAt(j) - places.intAt(i);
                    row.set(STEPS + LocalGeometry.step(difference, chains.intAt(i) == chains.intAt(j)), 1);
                }
            }
        });
    }

    private double coordinate(int residue, int atom, int axis) {
        return backbone[3 * (ATOMS * residue + atom) + axis];
    }

    /** A component of an axis of a residue's frame. */
    private double axis(int residue, int axis, int component) {
        return rotations[9 * residue + 3 * component + axis];
    }

    /** Å; infinite where one of the atoms has no position. */
    private double distance(int i, int atomOfI, int j, int atomOfJ) {
        double squares = 0;
        for (int c = 0; c < 3; c++) {
            double d = coordinate(j, atomOfJ, c) - coordinate(i, atomOfI, c);
            squares += d * d;
        }
        return Double.isNaN(squares) ? Double.POSITIVE_INFINITY : Math.sqrt(squares);
    }

    /** One row of the result. */
    private record Row(Tensor features, long at) {
        void set(int column, double value) {
            features.dtype().set(features.memory(), at + column, value);
        }

        private MemorySegment memory(int columns) {
            int bytes = features.dtype().bytes();
            return features.memory().asSlice(at * bytes, (long) columns * bytes);
        }

        void clear() {
            memory(WIDTH).fill((byte) 0);
        }

        void writeDistances(HostLocalGeometry geometry, int i, int j) {
            int column = 0;
            for (int a = 0; a < ATOMS; a++) {
                for (int b = 0; b < ATOMS; b++) {
                    double deviations = geometry.distance(i, a, j, b) / DEVIATION;
                    for (int g = 0; g < GAUSSIANS; g++) {
                        double offset = deviations - g * SPACING;
                        set(column++, -offset * offset);
                    }
                }
            }
            DType dtype = features.dtype();
            Tensor gaussians = Tensor.wrap(geometry.host, dtype, Shape.of(POSITIONS), memory(POSITIONS));
            geometry.host.kernels().unary(Unary.EXP, gaussians, gaussians);
        }

        void writeFrame(HostLocalGeometry geometry, int i, int j) {
            for (int axis = 0; axis < 3; axis++) {
                for (int atom = 0; atom < ATOMS; atom++) {
                    double along = 0;
                    for (int c = 0; c < 3; c++) {
                        along += geometry.axis(i, axis, c) * (geometry.coordinate(j, atom, c) - geometry.coordinate(i, ALPHA, c));
                    }
                    set(POSITIONS + 3 * atom + axis, Double.isNaN(along) ? 0 : along * NM_PER_ANGSTROM);
                }
                for (int other = 0; other < 3; other++) {
                    double cosine = 0;
                    for (int c = 0; c < 3; c++) {
                        cosine += geometry.axis(i, axis, c) * geometry.axis(j, other, c);
                    }
                    set(AXES + 3 * axis + other, cosine);
                }
            }
        }
    }
}
