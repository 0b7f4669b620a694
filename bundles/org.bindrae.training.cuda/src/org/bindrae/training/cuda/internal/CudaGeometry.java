package org.bindrae.training.cuda.internal;

import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.FrameUpdate;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.GeometryKernels;
import org.bindrae.geometry.RigidGroupTable;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.osgi.service.component.annotations.Component;

/** The geometry of residues on CUDA: kernels of {@code gpu-native/src/geometry}. */
public final class CudaGeometry implements GeometryKernels {
    /** As the kernels say: threads of a block. */
    private static final int FRAME_THREADS = 32;
    private static final int ATOM_THREADS = 128;
    private static final int POINT_THREADS = 256;
    private static final int SUM_THREADS = 128;
    private static final int ANGLE_THREADS = 256;
    private static final int LANES_PER_RESIDUE = 16;
    private static final int WARP = 32;

    private final Launches launches;
    private final Tensor groups;
    private final Tensor ideal;
    private final Tensor defaultFrames;

    /** Brings these operations to CUDA devices. */
    @Component(service = CudaOperations.class)
    public static final class Provider implements CudaOperations<GeometryKernels> {
        @Override
        public Class<GeometryKernels> type() {
            return GeometryKernels.class;
        }

        @Override
        public GeometryKernels on(CudaDevice device) {
            return new CudaGeometry(device);
        }
    }

    /** Uploads the table of residues, which stays as long as the device. */
    public CudaGeometry(CudaDevice device) {
        this.launches = new Launches(device, "geometry");
        RigidGroupTable table = RigidGroupTable.create();
        TensorArena arena = device.arena();
        this.groups = arena.allocate(DType.I32, Shape.of(table.groups().length)).set(table.groups());
        this.ideal = arena.allocate(DType.F64, Shape.of(table.ideal().length)).set(table.ideal());
        this.defaultFrames = arena.allocate(DType.F64, Shape.of(table.defaultFrames().length)).set(table.defaultFrames());
    }

    @Override
    public void updateFrames(FrameUpdate limits, Frames before, Tensor updates, Frames after) {
        launches.kernel("update_frames", updates).launch(Launches.blocks(before.residues(), FRAME_THREADS), FRAME_THREADS, before.rotations(),
                before.translations(), updates, limits.maxAngle(), limits.maxShift(), after.rotations(), after.translations(), before.residues());
    }

    @Override
    public void updateFramesBackward(FrameUpdate limits, Frames before, Tensor updates, Frames dAfter, Tensor dRotations, Tensor dTranslations,
            Tensor dUpdates) {
        launches.kernel("update_frames_backward", updates).launch(Launches.blocks(before.residues(), FRAME_THREADS), FRAME_THREADS, before.rotations(),
                updates, limits.maxAngle(), limits.maxShift(), dAfter.rotations(), dAfter.translations(), dRotations, dTranslations, dUpdates,
                before.residues());
    }

    @Override
    public void placeAtoms(Frames frames, Tensor torsions, Tensor types, Tensor atoms) {
        launches.kernel("place_atoms", torsions).launch(atomBlocks(frames), ATOM_THREADS, groups, ideal, defaultFrames, types, frames.rotations(),
                frames.translations(), torsions, atoms, frames.residues());
    }

    @Override
    public void placeAtomsBackward(Frames frames, Tensor torsions, Tensor types, Tensor dAtoms, Tensor dRotations, Tensor dTranslations, Tensor dTorsions) {
        launches.kernel("place_atoms_backward", torsions).launch(atomBlocks(frames), ATOM_THREADS, groups, ideal, defaultFrames, types, frames.rotations(),
                torsions, dAtoms, dRotations, dTranslations, dTorsions, frames.residues());
    }

    private static int atomBlocks(Frames frames) {
        return Launches.blocks(frames.residues(), ATOM_THREADS / LANES_PER_RESIDUE);
    }

    @Override
    public void unitTorsions(Tensor pairs, Tensor unit) {
        long count = pairs.size() / 2;
        launches.kernel("unit_torsions", pairs).launch(Launches.blocks(count, POINT_THREADS), POINT_THREADS, pairs, unit, count);
    }

    @Override
    public void unitTorsionsBackward(Tensor pairs, Tensor dUnit, Tensor dPairs) {
        long count = pairs.size() / 2;
        launches.kernel("unit_torsions_backward", pairs).launch(Launches.blocks(count, POINT_THREADS), POINT_THREADS, pairs, dUnit, dPairs, count);
    }

    @Override
    public void localPoints(Frames frames, Tensor points, Tensor offsets, Tensor local) {
        int pairs = local.rows();
        launches.kernel("local_points", points).launch(Launches.blocks(pairs, POINT_THREADS), POINT_THREADS, frames.rotations(), frames.translations(),
                points, offsets, offsets.columns() - 1, local, pairs);
    }

    @Override
    public void localPointsBackward(Frames frames, Tensor points, Tensor offsets, Tensor dLocal, Tensor dRotations, Tensor dTranslations) {
        launches.kernel("local_points_backward", points).launch(Launches.blocks(frames.residues(), SUM_THREADS / WARP), SUM_THREADS, frames.rotations(),
                frames.translations(), points, offsets, offsets.columns() - 1, dLocal, dRotations, dTranslations, frames.residues());
    }

    @Override
    public void centre(Tensor points, Tensor offsets, double unit, Tensor centred) {
        launches.kernel("centre", points).launch(Math.toIntExact(offsets.size() - 1), POINT_THREADS, points, offsets, unit, centred);
    }

    @Override
    public void bestAngles(AngleBins bins, Tensor logits, Tensor angles, Tensor masses) {
        int rows = Math.toIntExact(masses.size());
        launches.kernel("best_angles", logits).launch(Launches.blocks(rows, ANGLE_THREADS / WARP), ANGLE_THREADS, logits, rows, bins.count(), bins.reach(),
                angles, masses);
    }
}
