package org.bindrae.edge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;

import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AtomGeometryTest {
    private static final AtomGeometry GEOMETRY = new AtomGeometry(5);
    private static final int RESIDUES = 3;
    private static final int ATOMS = 4;

    private final CpuDevice device = new CpuDevice();
    private final SplittableRandom random = new SplittableRandom(1);
    private final double[] backbone = random.doubles(3L * LocalGeometry.ATOMS * RESIDUES, -6, 6).toArray();
    private final double[] positions = random.doubles(3L * ATOMS, -6, 6).toArray();
    private final double[] rotations = new double[9 * RESIDUES];

    AtomGeometryTest() {
        for (int i = 0; i < RESIDUES; i++) {
            RigidFrame.ofAxisAngle(new Vec3(1, i, -2), Vec3.ZERO).store(rotations, new double[3 * RESIDUES], i);
        }
    }

    @AfterEach
    void closeDevice() {
        device.close();
    }

    /** Of residue 2 and atoms 3, 0 and none. */
    private double[][] rows(double[] bones, double[] turns, double[] places) {
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.inference(arena);
            Tensor features = tape.scratch(DType.F64, Shape.of(3, GEOMETRY.width()));
            EdgeKernels.of(device).atomGeometry(GEOMETRY, tape.scratch(DType.F64, Shape.of(RESIDUES, 3 * LocalGeometry.ATOMS)).set(bones),
                    tape.scratch(DType.F64, Shape.of(RESIDUES, 9)).set(turns), tape.indices(2), tape.indices(3, 0, -1).reshape(1, 3),
                    tape.scratch(DType.F64, Shape.of(ATOMS, 3)).set(places), tape.indices(0, 1, 2, 4), features);
            double[] all = features.toDoubles();
            double[][] rows = new double[3][];
            Arrays.setAll(rows, row -> Arrays.copyOfRange(all, row * GEOMETRY.width(), (row + 1) * GEOMETRY.width()));
            return rows;
        }
    }

    @Test
    void numbersAreClassPlaceAndGaussians() {
        double[][] rows = rows(backbone, rotations, positions);
        double[] expected = new double[GEOMETRY.width()];
        Vec3 atom = Vec3.at(positions, 3);
        expected[4] = 1;
        RigidFrame frame = RigidFrame.at(rotations, new double[3 * RESIDUES], 2);
        Vec3 local = frame.toLocal(atom.minus(Vec3.at(backbone, 2 * LocalGeometry.ATOMS + LocalGeometry.ALPHA)));
        expected[5] = local.x() / 10;
        expected[6] = local.y() / 10;
        expected[7] = local.z() / 10;
        for (int b = 0; b < LocalGeometry.ATOMS; b++) {
            double distance = atom.distance(Vec3.at(backbone, 2 * LocalGeometry.ATOMS + b));
            for (int g = 0; g < 16; g++) {
                double deviations = (distance - 0.8 * g) / 0.8;
                expected[8 + 16 * b + g] = Math.exp(-deviations * deviations);
            }
        }
        assertArrayEquals(expected, rows[0], 1e-12);
        assertEquals(1, rows[1][0]);
        assertArrayEquals(new double[GEOMETRY.width()], rows[2]);
    }

    @Test
    void rigidMotionsChangeNothing() {
        RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(0.4, 2, -1), new Vec3(3, 30, -7));
        double[] turned = new double[rotations.length];
        for (int i = 0; i < RESIDUES; i++) {
            motion.compose(RigidFrame.at(rotations, new double[3 * RESIDUES], i)).store(turned, new double[3 * RESIDUES], i);
        }
        double[][] still = rows(backbone, rotations, positions);
        double[][] moved = rows(moved(backbone, motion), turned, moved(positions, motion));
        for (int row = 0; row < still.length; row++) {
            assertArrayEquals(still[row], moved[row], 1e-12);
        }
    }

    private static double[] moved(double[] points, RigidFrame motion) {
        double[] moved = new double[points.length];
        for (int i = 0; i < points.length / 3; i++) {
            motion.apply(Vec3.at(points, i)).store(moved, i);
        }
        return moved;
    }
}
