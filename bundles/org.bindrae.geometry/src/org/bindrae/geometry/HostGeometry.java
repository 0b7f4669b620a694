package org.bindrae.geometry;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tensor;

/** The operations of this package in double precision on host memory. */
record HostGeometry(HostDevice host) implements GeometryKernels {
    /** Squared length below which a pair is divided by a constant instead. */
    private static final double SMALLEST = UnitTorsions.SMALLEST;
    private static final int RESIDUES_OF_ATOMS = 32;
    private static final int RESIDUES_OF_POINTS = 16;
    private static final int RESIDUES_OF_ANGLES = 64;

    @Override
    public void updateFrames(FrameUpdate limits, Frames before, Tensor updates, Frames after) {
        BackboneFrames frames = before.values(null);
        double[] raw = updates.toDoubles();
        double[] rotations = new double[9 * before.residues()];
        double[] translations = new double[3 * before.residues()];
        for (int i = 0; i < before.residues(); i++) {
            FrameStep step = new FrameStep(limits, raw, i);
            frames.frame(i).compose(step.motion()).store(rotations, translations, i);
        }
        after.rotations().set(rotations);
        after.translations().set(translations);
    }

    @Override
    public void updateFramesBackward(FrameUpdate limits, Frames before, Tensor updates, Frames dAfter, Tensor dRotations, Tensor dTranslations,
            Tensor dUpdates) {
        BackboneFrames frames = before.values(null);
        double[] raw = updates.toDoubles();
        double[] ofRotations = dAfter.rotations().toDoubles();
        double[] ofTranslations = dAfter.translations().toDoubles();
        double[] ofRaw = new double[raw.length];
        for (int i = 0; i < before.residues(); i++) {
            FrameStep step = new FrameStep(limits, raw, i);
            FrameGradient ofFrame = new FrameGradient();
            FrameGradient ofStep = FrameGradient.at(ofRotations, ofTranslations, i).throughCompose(frames.frame(i), step.motion(), ofFrame);
            step.pushBack(ofStep, ofRaw);
            ofFrame.store(ofRotations, ofTranslations, i);
        }
        HostValues.add(dRotations, ofRotations);
        HostValues.add(dTranslations, ofTranslations);
        HostValues.add(dUpdates, ofRaw);
    }

    @Override
    public void placeAtoms(Frames frames, Tensor torsions, Tensor types, Tensor atoms) {
        BackboneFrames backbone = frames.values(null);
        double[] turns = torsions.toDoubles();
        double[] places = new double[Math.toIntExact(atoms.size())];
        host.parallel(frames.residues(), RESIDUES_OF_ATOMS, (from, to) -> {
            for (int i = from; i < to; i++) {
                new ResidueAtoms(ResidueConstants.template(types.intAt(i)), backbone.frame(i), turns, i).place(places);
            }
        });
        atoms.set(places);
    }

    @Override
    public void placeAtomsBackward(Frames frames, Tensor torsions, Tensor types, Tensor dAtoms, Tensor dRotations, Tensor dTranslations, Tensor dTorsions) {
        BackboneFrames backbone = frames.values(null);
        double[] turns = torsions.toDoubles();
        double[] upstream = dAtoms.toDoubles();
        BackboneFrames frameGradient = new BackboneFrames(new double[9 * frames.residues()], new double[3 * frames.residues()], null);
        double[] turnGradient = new double[turns.length];
        host.parallel(frames.residues(), RESIDUES_OF_ATOMS, (from, to) -> {
            for (int i = from; i < to; i++) {
                new ResidueAtoms(ResidueConstants.template(types.intAt(i)), backbone.frame(i), turns, i).pushBack(upstream, frameGradient, turnGradient);
            }
        });
        HostValues.add(dRotations, frameGradient.rotations());
        HostValues.add(dTranslations, frameGradient.translations());
        HostValues.add(dTorsions, turnGradient);
    }

    @Override
    public void unitTorsions(Tensor pairs, Tensor unit) {
        double[] x = pairs.toDoubles();
        double[] y = new double[x.length];
        for (int at = 0; at < x.length; at += 2) {
            double length = length(x, at);
            y[at] = x[at] / length;
            y[at + 1] = x[at + 1] / length;
        }
        unit.set(y);
    }

    private static double length(double[] x, int at) {
        return Math.sqrt(Math.max(x[at] * x[at] + x[at + 1] * x[at + 1], SMALLEST));
    }

    @Override
    public void unitTorsionsBackward(Tensor pairs, Tensor dUnit, Tensor dPairs) {
        double[] x = pairs.toDoubles();
        double[] dy = dUnit.toDoubles();
        double[] dx = new double[x.length];
        for (int at = 0; at < x.length; at += 2) {
            double length = length(x, at);
            double sin = x[at] / length;
            double cos = x[at + 1] / length;
            // of a pair divided by the constant the radial part stays
            boolean constant = length * length <= SMALLEST;
            double radial = constant ? 0 : dy[at] * sin + dy[at + 1] * cos;
            dx[at] = (dy[at] - radial * sin) / length;
            dx[at + 1] = (dy[at + 1] - radial * cos) / length;
        }
        HostValues.add(dPairs, dx);
    }

    @Override
    public void localPoints(Frames frames, Tensor points, Tensor offsets, Tensor local) {
        BackboneFrames backbone = frames.values(null);
        double[] places = points.toDoubles();
        double[] result = new double[Math.toIntExact(local.size())];
        forEachResidue(offsets, (residue, firstPoint, pointCount, row) -> {
            RigidFrame frame = backbone.frame(residue);
            for (int k = 0; k < pointCount; k++) {
                frame.toLocal(Vec3.at(places, firstPoint + k)).store(result, row + k);
            }
        });
        local.set(result);
    }

    @Override
    public void localPointsBackward(Frames frames, Tensor points, Tensor offsets, Tensor dLocal, Tensor dRotations, Tensor dTranslations) {
        BackboneFrames backbone = frames.values(null);
        double[] places = points.toDoubles();
        double[] upstream = dLocal.toDoubles();
        double[] ofRotations = new double[9 * frames.residues()];
        double[] ofTranslations = new double[3 * frames.residues()];
        forEachResidue(offsets, (residue, firstPoint, pointCount, row) -> {
            RigidFrame frame = backbone.frame(residue);
            FrameGradient gradient = new FrameGradient();
            Vec3 sum = Vec3.ZERO;
            for (int k = 0; k < pointCount; k++) {
                Vec3 dy = Vec3.at(upstream, row + k);
                gradient.addDirection(Vec3.at(places, firstPoint + k).minus(frame.origin()), dy);
                sum = sum.plus(dy);
            }
            gradient.addPoint(frame.rotate(sum).times(-1), Vec3.ZERO);
            gradient.store(ofRotations, ofTranslations, residue);
        });
        HostValues.add(dRotations, ofRotations);
        HostValues.add(dTranslations, ofTranslations);
    }

    @FunctionalInterface
    private interface ResidueBody {
        /** @param row the residue's first pair */
        void run(int residue, int firstPoint, int pointCount, int row);
    }

    private void forEachResidue(Tensor offsets, ResidueBody body) {
        int columns = offsets.columns();
        for (int s = 0; s + 1 < columns; s++) {
            int start = offsets.intAt(s);
            int firstPoint = offsets.intAt(columns + s);
            int pointCount = offsets.intAt(columns + s + 1) - firstPoint;
            int firstRow = offsets.intAt(2 * columns + s);
            host.parallel(offsets.intAt(s + 1) - start, RESIDUES_OF_POINTS, (from, to) -> {
                for (int i = from; i < to; i++) {
                    body.run(start + i, firstPoint, pointCount, firstRow + i * pointCount);
                }
            });
        }
    }

    @Override
    public void centre(Tensor points, Tensor offsets, double unit, Tensor centred) {
        DType dtype = points.dtype();
        for (int s = 0; s + 1 < offsets.size(); s++) {
            for (int axis = 0; axis < 3; axis++) {
                double sum = 0;
                for (int i = offsets.intAt(s); i < offsets.intAt(s + 1); i++) {
                    sum += dtype.get(points.memory(), 3L * i + axis);
                }
                double mean = sum / Math.max(1, offsets.intAt(s + 1) - offsets.intAt(s));
                for (int i = offsets.intAt(s); i < offsets.intAt(s + 1); i++) {
                    dtype.set(centred.memory(), 3L * i + axis, unit * (dtype.get(points.memory(), 3L * i + axis) - mean));
                }
            }
        }
    }

    @Override
    public void bestAngles(AngleBins bins, Tensor logits, Tensor angles, Tensor masses) {
        double[] x = logits.toDoubles();
        double[] pairs = new double[Math.toIntExact(angles.size())];
        double[] probabilities = new double[pairs.length / 2];
        host.parallel(probabilities.length, RESIDUES_OF_ANGLES, (from, to) -> {
            for (int row = from; row < to; row++) {
                AngleBins.Best best = bins.best(x, row * bins.count());
                pairs[2 * row] = best.sin();
                pairs[2 * row + 1] = best.cos();
                probabilities[row] = best.mass();
            }
        });
        angles.set(pairs);
        masses.set(probabilities);
    }
}
