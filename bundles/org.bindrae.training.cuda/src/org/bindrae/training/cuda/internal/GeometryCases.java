package org.bindrae.training.cuda.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.FrameUpdate;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.GeometryKernels;
import org.bindrae.geometry.LocalPoints;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Packing;

/** Calls of {@link GeometryKernels}. */
public final class GeometryCases {
    private static final double LARGEST_ANGLE = 0.6;

    private GeometryCases() {
    }

    public static List<OperationCase> all() {
        List<OperationCase> cases = new ArrayList<>();
        for (int residues : new int[] {1, 65, 300}) {
            cases.add(updates(residues));
            cases.add(atoms(residues));
        }
        cases.add(unitTorsions());
        cases.add(bestAngles(72));
        cases.add(bestAngles(13));
        cases.add(localPoints(Packing.ofLengths(1), Packing.ofLengths(1)));
        cases.add(localPoints(Packing.ofLengths(17, 0, 5, 40, 3), Packing.ofLengths(6, 3, 0, 70, 1)));
        cases.add(centre(Packing.ofLengths(4, 0, 1, 600)));
        return cases;
    }

    private static OperationCase updates(int residues) {
        FrameUpdate limits = new FrameUpdate(LARGEST_ANGLE, 1.5);
        return withFrames("frame update", residues, 10).real("updates", updates(residues, 11), residues, 6).normal("newRotations", residues, 9)
                .normal("newTranslations", residues, 3).normal("dNewRotations", residues, 9).normal("dNewTranslations", residues, 3)
                .normal("dRotations", residues, 9).normal("dTranslations", residues, 3).normal("dUpdates", residues, 6).work((tape, o) -> {
                    GeometryKernels kernels = GeometryKernels.of(tape.device());
                    Frames before = new Frames(o.get("rotations"), o.get("translations"));
                    kernels.updateFrames(limits, before, o.get("updates"), new Frames(o.get("newRotations"), o.get("newTranslations")));
                    kernels.updateFramesBackward(limits, before, o.get("updates"), new Frames(o.get("dNewRotations"), o.get("dNewTranslations")),
                            o.get("dRotations"), o.get("dTranslations"), o.get("dUpdates"));
                });
    }

    /** From none to far beyond the limits. */
    private static double[] updates(int residues, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] updates = new double[6 * residues];
        for (int i = 0; i < updates.length; i++) {
            updates[i] = random.nextGaussian() * Math.pow(4, i / 6 % 5 - 3);
        }
        return updates;
    }

    private static OperationCase atoms(int residues) {
        int[] types = IntStream.range(0, residues).map(i -> i * 8 % (ResidueConstants.UNKNOWN + 1)).toArray();
        return withFrames("atoms of residues", residues, 20).normal("torsions", residues, 14).integers("types", types, residues)
                .normal("atoms", residues, 14, 3).normal("dAtoms", residues, 14, 3).normal("dRotations", residues, 9).normal("dTranslations", residues, 3)
                .normal("dTorsions", residues, 14).work((tape, o) -> {
                    GeometryKernels kernels = GeometryKernels.of(tape.device());
                    Frames frames = new Frames(o.get("rotations"), o.get("translations"));
                    kernels.placeAtoms(frames, o.get("torsions"), o.get("types"), o.get("atoms"));
                    kernels.placeAtomsBackward(frames, o.get("torsions"), o.get("types"), o.get("dAtoms"), o.get("dRotations"), o.get("dTranslations"),
                            o.get("dTorsions"));
                });
    }

    private static OperationCase bestAngles(int bins) {
        int rows = 301;
        return new OperationCase("best angles", 40).normal("logits", rows, bins).normal("angles", rows, 2).normal("masses", rows)
                .work((tape, o) -> GeometryKernels.of(tape.device()).bestAngles(new AngleBins(bins), o.get("logits"), o.get("angles"), o.get("masses")));
    }

    private static OperationCase unitTorsions() {
        int pairs = 300;
        SplittableRandom random = new SplittableRandom(30);
        double[] values = random.doubles(2L * pairs, -1, 1).toArray();
        // shorter than what they are divided by at least
        values[4] = 3e-8;
        values[5] = -2e-8;
        values[6] = 0;
        values[7] = 0;
        return new OperationCase("unit torsions", 31).real("pairs", values, pairs, 2).normal("unit", pairs, 2).normal("dUnit", pairs, 2)
                .real("dPairs", new double[2 * pairs], pairs, 2).work((tape, o) -> {
                    GeometryKernels kernels = GeometryKernels.of(tape.device());
                    kernels.unitTorsions(o.get("pairs"), o.get("unit"));
                    kernels.unitTorsionsBackward(o.get("pairs"), o.get("dUnit"), o.get("dPairs"));
                });
    }

    private static OperationCase localPoints(Packing residues, Packing points) {
        int[] offsets = LocalPoints.offsets(residues, points);
        int pairs = LocalPoints.pairs(residues, points);
        int total = residues.total();
        return withFrames("local points", total, 40).normal("points", points.total(), 3).integers("offsets", offsets, 3, residues.count() + 1)
                .normal("local", pairs, 3).normal("dLocal", pairs, 3).normal("dRotations", total, 9).normal("dTranslations", total, 3).work((tape, o) -> {
                    GeometryKernels kernels = GeometryKernels.of(tape.device());
                    Frames frames = new Frames(o.get("rotations"), o.get("translations"));
                    kernels.localPoints(frames, o.get("points"), o.get("offsets"), o.get("local"));
                    kernels.localPointsBackward(frames, o.get("points"), o.get("offsets"), o.get("dLocal"), o.get("dRotations"), o.get("dTranslations"));
                });
    }

    private static OperationCase centre(Packing packing) {
        return new OperationCase("centred points", 50).normal("points", packing.total(), 3)
                .integers("offsets", packing.offsets(), packing.count() + 1).normal("centred", packing.total(), 3)
                .work((tape, o) -> GeometryKernels.of(tape.device()).centre(o.get("points"), o.get("offsets"), 0.1, o.get("centred")));
    }

    private static OperationCase withFrames(String name, int residues, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] rotations = new double[9 * residues];
        double[] translations = new double[3 * residues];
        for (int i = 0; i < residues; i++) {
            Vec3 axis = new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
            RigidFrame.ofAxisAngle(axis, new Vec3(random.nextGaussian(), 8 * random.nextGaussian(), 20 * random.nextGaussian()))
                    .store(rotations, translations, i);
        }
        return new OperationCase(name, seed + 1).real("rotations", rotations, residues, 9).real("translations", translations, residues, 3);
    }
}
