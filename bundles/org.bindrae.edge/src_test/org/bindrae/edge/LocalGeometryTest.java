package org.bindrae.edge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalGeometryTest {
    private final SplittableRandom random = new SplittableRandom(21);
    private final CpuDevice device = new CpuDevice(2, true);

    /** Residues with frames of their own at their CA. */
    private record Residues(RigidFrame[] frames, Vec3[][] atoms, int[] places, int[] chains) {
        Residues moved(RigidFrame motion) {
            Vec3[][] moved = Arrays.stream(atoms).map(some -> Arrays.stream(some).map(motion::apply).toArray(Vec3[]::new)).toArray(Vec3[][]::new);
            return new Residues(Arrays.stream(frames).map(motion::compose).toArray(RigidFrame[]::new), moved, places, chains);
        }
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Vec3 randomPoint(double scale) {
        return new Vec3(scale * random.nextGaussian(), scale * random.nextGaussian(), scale * random.nextGaussian());
    }

    private Residues randomResidues(int count) {
        RigidFrame[] frames = new RigidFrame[count];
        Vec3[][] atoms = new Vec3[count][LocalGeometry.ATOMS];
        for (int i = 0; i < count; i++) {
            frames[i] = RigidFrame.ofAxisAngle(randomPoint(2), randomPoint(8));
            for (int a = 0; a < LocalGeometry.ATOMS; a++) {
                atoms[i][a] = frames[i].apply(randomPoint(1.5));
            }
            atoms[i][LocalGeometry.ALPHA] = frames[i].origin();
        }
        return new Residues(frames, atoms, random.ints(count, -100, 100).toArray(), random.ints(count, 0, 3).toArray());
    }

    private double[] features(DType type, Residues residues, int k, int... indices) {
        return features(device, type, residues, k, indices);
    }

    private static double[] features(CpuDevice device, DType type, Residues residues, int k, int... indices) {
        int count = residues.frames.length;
        double[] backbone = new double[3 * LocalGeometry.ATOMS * count];
        double[] rotations = new double[9 * count];
        for (int i = 0; i < count; i++) {
            residues.frames[i].store(rotations, new double[3 * count], i);
            for (int a = 0; a < LocalGeometry.ATOMS; a++) {
                residues.atoms[i][a].store(backbone, LocalGeometry.ATOMS * i + a);
            }
        }
        try (TensorArena arena = device.arena()) {
            Tensor result = arena.allocate(type, Shape.of(indices.length, LocalGeometry.WIDTH));
            device.kernels().fill(result, 7);
            EdgeKernels.of(device).localGeometry(arena.allocate(DType.F64, Shape.of(count, 3 * LocalGeometry.ATOMS)).set(backbone),
                    arena.allocate(DType.F64, Shape.of(count, 9)).set(rotations), arena.allocate(DType.I32, Shape.of(count, k)).set(indices),
                    arena.allocate(DType.I32, Shape.of(count)).set(residues.places), arena.allocate(DType.I32, Shape.of(count)).set(residues.chains), result);
            return result.toDoubles();
        }
    }

    /** What the definition says of one pair. */
    private static double[] expected(Residues residues, int i, int j) {
        double[] row = new double[LocalGeometry.WIDTH];
        int at = 0;
        for (Vec3 a : residues.atoms[i]) {
            for (Vec3 b : residues.atoms[j]) {
                for (int g = 0; g < 16; g++) {
                    double offset = (a.minus(b).norm() - 20.0 * g / 15) / 1.25;
                    row[at++] = Math.exp(-offset * offset);
                }
            }
        }
        for (Vec3 b : residues.atoms[j]) {
            Vec3 local = residues.frames[i].toLocal(b).times(0.1);
            row[at++] = local.x();
            row[at++] = local.y();
            row[at++] = local.z();
        }
        RigidFrame relative = residues.frames[i].inverse().compose(residues.frames[j]);
        double[] rotation = new double[9];
        relative.store(rotation, new double[3], 0);
        System.arraycopy(rotation, 0, row, at, 9);
        int step = Math.max(-32, Math.min(32, residues.places[j] - residues.places[i])) + 32;
        row[at + 9 + (residues.chains[i] == residues.chains[j] ? step : 65)] = 1;
        return row;
    }

    @Test
    void everyNumberIsWhatTheDefinitionSays() {
        assertEquals(490, LocalGeometry.NUMBERS);
        assertEquals(492, LocalGeometry.WIDTH);
        for (int trial = 0; trial < 10; trial++) {
            int count = random.nextInt(1, 40);
            int k = random.nextInt(1, 12);
            Residues residues = randomResidues(count);
            int[] indices = IntStream.range(0, count * k).map(_ -> random.nextInt(-1, count)).toArray();
            double[] exact = features(DType.F64, residues, k, indices);
            double[] rounded = features(DType.F32, residues, k, indices);
            for (int pair = 0; pair < indices.length; pair++) {
                double[] row = indices[pair] < 0 ? new double[LocalGeometry.WIDTH] : expected(residues, pair / k, indices[pair]);
                int from = pair * LocalGeometry.WIDTH;
                String what = "pair " + pair + " of trial " + trial;
                assertArrayEquals(row, Arrays.copyOfRange(exact, from, from + row.length), 1e-13, what);
                // nothing is larger than some nm, of which a float keeps 2e-7
                assertArrayEquals(row, Arrays.copyOfRange(rounded, from, from + row.length), 1e-6, what);
            }
        }
    }

    @Test
    void rigidMotionsChangeNothing() {
        int count = 30;
        Residues residues = randomResidues(count);
        int[] indices = random.ints(count * 8L, 0, count).toArray();
        double[] before = features(DType.F32, residues, 8, indices);
        for (int trial = 0; trial < 5; trial++) {
            RigidFrame motion = RigidFrame.ofAxisAngle(randomPoint(2), randomPoint(1000));
            assertArrayEquals(before, features(DType.F32, residues.moved(motion), 8, indices), 1e-6);
        }
    }

    @Test
    void aMirrorImageLooksDifferent() {
        Residues residues = randomResidues(2);
        Residues mirrored = residues.moved(new RigidFrame(new Vec3(-1, 0, 0), new Vec3(0, 1, 0), new Vec3(0, 0, 1), Vec3.ZERO));
        RigidFrame[] frames = Arrays.stream(mirrored.frames).map(f -> new RigidFrame(f.ex(), f.ey(), f.ex().cross(f.ey()), f.origin()))
                .toArray(RigidFrame[]::new);
        double[] left = features(DType.F64, residues, 1, 1, 0);
        double[] right = features(DType.F64, new Residues(frames, mirrored.atoms, mirrored.places, mirrored.chains), 1, 1, 0);
        int z = LocalGeometry.POSITIONS + 2;
        assertEquals(left[z], -right[z], 1e-12);
        assertArrayEquals(Arrays.copyOf(left, LocalGeometry.POSITIONS), Arrays.copyOf(right, LocalGeometry.POSITIONS), 1e-12);
    }

    @Test
    void anAtomWithoutAPositionLeavesZeros() {
        Residues residues = randomResidues(2);
        double[] whole = features(DType.F32, residues, 1, 1, 0);
        residues.atoms[1][3] = new Vec3(Double.NaN, Double.NaN, Double.NaN);
        double[] without = features(DType.F32, residues, 1, 1, 0);
        for (int row = 0; row < 2; row++) {
            for (int at = 0; at < LocalGeometry.WIDTH; at++) {
                int pair = at / LocalGeometry.GAUSSIANS;
                boolean distance = at < LocalGeometry.POSITIONS && (row == 0 ? pair % LocalGeometry.ATOMS : pair / LocalGeometry.ATOMS) == 3;
                int position = at - LocalGeometry.POSITIONS;
                boolean gone = distance || row == 0 && position >= 9 && position < 12;
                int place = row * LocalGeometry.WIDTH + at;
                assertEquals(gone ? 0 : whole[place], without[place], "row " + row + " number " + at);
            }
        }
    }

    @Test
    void stepsAlongAChainAreClippedAndOtherChainsHaveAClassOfTheirOwn() {
        assertEquals(32, LocalGeometry.step(0, true));
        assertEquals(31, LocalGeometry.step(-1, true));
        assertEquals(64, LocalGeometry.step(32, true));
        assertEquals(64, LocalGeometry.step(1000, true));
        assertEquals(0, LocalGeometry.step(-33, true));
        assertEquals(65, LocalGeometry.step(0, false));
    }

    @Test
    void loopsAndThreadsChangeNextToNothing() {
        int count = 70;
        Residues residues = randomResidues(count);
        int[] indices = random.ints(count * 5L, -1, count).toArray();
        double[] values = features(DType.F32, residues, 5, indices);
        try (CpuDevice alone = new CpuDevice(1, true); CpuDevice scalar = new CpuDevice(2, false)) {
            assertArrayEquals(values, features(alone, DType.F32, residues, 5, indices));
            assertArrayEquals(values, features(scalar, DType.F32, residues, 5, indices), 3e-7);
        }
    }
}
