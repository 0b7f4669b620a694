package org.bindrae.training.cuda.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.bindrae.edge.AtomGeometry;
import org.bindrae.edge.Distance;
import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeKernels;
import org.bindrae.edge.LocalGeometry;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Packing;

/** Calls of {@link EdgeKernels}. */
public final class EdgeCases {
    private EdgeCases() {
    }

    public static List<OperationCase> all() {
        List<OperationCase> cases = new ArrayList<>();
        for (int k : new int[] {1, 10, 32, 40}) {
            // on a coarse grid many points are equally far, and some are the same
            cases.add(nearest(k, 1));
            cases.add(nearest(k, 1e-12));
        }
        for (Distance distance : Distance.values()) {
            cases.add(describe(distance, true));
            cases.add(describe(distance, false));
        }
        cases.add(localGeometry(1, 1));
        cases.add(localGeometry(5, 1));
        cases.add(localGeometry(60, 32));
        cases.add(atomGeometry(1, 1));
        cases.add(atomGeometry(40, 16));
        return cases;
    }

    private static OperationCase nearest(int k, double grid) {
        Packing packing = Packing.ofLengths(1, 0, 5, 300, 12);
        int residues = packing.total();
        SplittableRandom random = new SplittableRandom(60 + k);
        double[] points = new double[3 * residues];
        Arrays.setAll(points, _ -> grid * Math.rint(4 * random.nextGaussian() / grid));
        points[30] = Double.NaN;
        int[] present = IntStream.range(0, residues).map(i -> i % 11 == 4 ? 0 : 1).toArray();
        return new OperationCase("nearest neighbours", 61).doubles("points", points, residues, 3).integers("present", present, residues)
                .integers("offsets", packing.offsets(), packing.count() + 1).integers("indices", new int[residues * k], residues, k)
                .doubles("distances", new double[residues * k], residues, k).work((tape, o) -> EdgeKernels.of(tape.device()).nearest(o.get("points"),
                        o.get("present"), o.get("offsets"), o.get("indices"), o.get("distances")));
    }

    private static OperationCase describe(Distance distance, boolean chains) {
        int residues = 40;
        int k = 7;
        EdgeConfig config = new EdgeConfig(16, 8, 2, 6, 22, k, distance, 16, chains, 64);
        SplittableRandom random = new SplittableRandom(70);
        // missing ones come last
        int[] indices = IntStream.range(0, residues * k).map(at -> at % k < k - at / k % 4 ? random.nextInt(residues) : -1).toArray();
        double[] distances = random.doubles((long) residues * k, 0, 25).toArray();
        // the edges of bins
        for (int bin = 0; bin < config.bins(); bin++) {
            distances[bin] = 1e-3 + bin * ((20 - 1e-3) / (config.bins() - 1));
        }
        int width = k * (config.distanceChannels() + config.featDim());
        return new OperationCase("features of neighbours", 71).integers("indices", indices, residues, k).doubles("distances", distances, residues, k)
                .normal("embedded", residues, config.featDim()).integers("chains", random.ints(residues, 0, 3).toArray(), residues)
                .normal("features", residues, width).work((tape, o) -> EdgeKernels.of(tape.device()).describe(config, o.get("indices"), o.get("distances"),
                        o.get("embedded"), chains ? o.get("chains") : null, o.get("features")));
    }

    private static OperationCase localGeometry(int residues, int k) {
        SplittableRandom random = new SplittableRandom(80 + residues);
        double[] backbone = new double[3 * LocalGeometry.ATOMS * residues];
        Arrays.setAll(backbone, _ -> 8 * random.nextGaussian());
        double[] rotations = rotations(residues, random);
        // an atom without a position
        Arrays.fill(backbone, 9, 12, Double.NaN);
        int[] indices = IntStream.range(0, residues * k).map(_ -> random.nextInt(-1, residues)).toArray();
        return new OperationCase("local geometry", 81).doubles("backbone", backbone, residues, 3 * LocalGeometry.ATOMS)
                .doubles("rotations", rotations, residues, 9).integers("indices", indices, residues, k)
                .integers("places", random.ints(residues, -50, 50).toArray(), residues).integers("chains", random.ints(residues, 0, 3).toArray(), residues)
                .normal("features", residues * k, LocalGeometry.WIDTH).work((tape, o) -> EdgeKernels.of(tape.device()).localGeometry(o.get("backbone"),
                        o.get("rotations"), o.get("indices"), o.get("places"), o.get("chains"), o.get("features")));
    }

    private static double[] rotations(int residues, SplittableRandom random) {
        double[] rotations = new double[9 * residues];
        for (int i = 0; i < residues; i++) {
            Vec3 axisAngle = new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
            RigidFrame.ofAxisAngle(axisAngle, Vec3.ZERO).store(rotations, new double[3 * residues], i);
        }
        return rotations;
    }

    private static OperationCase atomGeometry(int rows, int m) {
        int residues = 50;
        int hetero = 30;
        AtomGeometry geometry = new AtomGeometry(22);
        SplittableRandom random = new SplittableRandom(90 + rows);
        double[] backbone = random.doubles(3L * LocalGeometry.ATOMS * residues, -9, 9).toArray();
        double[] positions = random.doubles(3L * hetero, -9, 9).toArray();
        return new OperationCase("geometry of atoms", 91).doubles("backbone", backbone, residues, 3 * LocalGeometry.ATOMS)
                .doubles("rotations", rotations(residues, random), residues, 9).integers("residues", random.ints(rows, 0, residues).toArray(), rows)
                .integers("atoms", random.ints((long) rows * m, -1, hetero).toArray(), rows, m).doubles("positions", positions, hetero, 3)
                .integers("classes", random.ints(hetero, 0, geometry.classes()).toArray(), hetero).normal("features", rows * m, geometry.width())
                .work((tape, o) -> EdgeKernels.of(tape.device()).atomGeometry(geometry, o.get("backbone"), o.get("rotations"), o.get("residues"),
                        o.get("atoms"), o.get("positions"), o.get("classes"), o.get("features")));
    }
}
