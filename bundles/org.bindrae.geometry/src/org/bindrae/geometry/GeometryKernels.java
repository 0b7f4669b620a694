package org.bindrae.geometry;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The work of this package's differentiable operations on the memory of one device. All floating tensors of a call have one type. Operations named {@code
 * …Backward} add to their gradients, the others overwrite their results; a gradient that is null is not computed.
 */
@ProviderType
public interface GeometryKernels {
    /** Rows of the offsets that {@link #localPoints} takes: first residue, first point and first pair of each sequence, and the totals [3, B + 1]. */
    int OFFSET_ROWS = 3;

    /** {@link FrameUpdate#apply}: frames [T, 9] and [T, 3], updates [T, 6]. */
    void updateFrames(FrameUpdate limits, Frames before, Tensor updates, Frames after);

    void updateFramesBackward(FrameUpdate limits, Frames before, Tensor updates, Frames dAfter, Tensor dRotations, Tensor dTranslations, Tensor dUpdates);

    /** {@link ForwardKinematics#atoms}: torsions [T, 14], types I32 [T], atoms [T, 14, 3]. */
    void placeAtoms(Frames frames, Tensor torsions, Tensor types, Tensor atoms);

    void placeAtomsBackward(Frames frames, Tensor torsions, Tensor types, Tensor dAtoms, Tensor dRotations, Tensor dTranslations, Tensor dTorsions);

    /** {@link UnitTorsions#of}: any number of pairs. */
    void unitTorsions(Tensor pairs, Tensor unit);

    void unitTorsionsBackward(Tensor pairs, Tensor dUnit, Tensor dPairs);

    /** {@link LocalPoints#of}: points [M, 3], offsets I32 as {@link #OFFSET_ROWS} says, local [P, 3]. */
    void localPoints(Frames frames, Tensor points, Tensor offsets, Tensor local);

    void localPointsBackward(Frames frames, Tensor points, Tensor offsets, Tensor dLocal, Tensor dRotations, Tensor dTranslations);

    /** {@link CentredPoints#of}: (points − their sequence's mean)·unit, offsets of the sequences I32 [B + 1]. */
    void centre(Tensor points, Tensor offsets, double unit, Tensor centred);

    /**
     * {@link AngleBins#best} of each row of bins; nothing here has a gradient.
     *
     * @param logits [R, bins]
     * @param angles result, (sin, cos) [R, 2]
     * @param masses result [R]
     */
    void bestAngles(AngleBins bins, Tensor logits, Tensor angles, Tensor masses);

    /** Those of a device. */
    static GeometryKernels of(Device device) {
        return device instanceof HostDevice host ? new HostGeometry(host) : device.operations(GeometryKernels.class);
    }
}
