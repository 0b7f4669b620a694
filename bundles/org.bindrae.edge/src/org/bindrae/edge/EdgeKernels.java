package org.bindrae.edge;

import org.bindrae.edge.internal.HostEdgeFeatures;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/** What the neighbours of residues look like, made on the memory of one device. Results are constants: nothing here has a gradient. */
@ProviderType
public interface EdgeKernels {
    /**
     * The k nearest neighbours of each residue within its sequence, as {@link org.bindrae.geometry.KNearest} finds them, the residue itself not among them.
     *
     * @param points F64 [T, 3], Å
     * @param present I32 [T], 0 for residues that have no neighbours and are nobody's
     * @param offsets cumulative lengths of the sequences, I32 [B + 1]
     * @param indices result, I32 [T, k]; −1 where there is none
     * @param distances result, F64 [T, k], Å; infinite where there is none
     */
    void nearest(Tensor points, Tensor present, Tensor offsets, Tensor indices, Tensor distances);

    /**
     * Each residue's neighbours in words: per neighbour the channels of its distance, then its index embedding. Zeros for a missing neighbour, and for the index
     * of one in another chain.
     *
     * @param indices I32 [T, k]
     * @param distances F64 [T, k], Å
     * @param embedded index embeddings [T, F]
     * @param chains I32 [T], or null where they do not matter
     * @param features result [T, k·(D + F)]
     */
    void describe(EdgeConfig config, Tensor indices, Tensor distances, Tensor embedded, Tensor chains, Tensor features);

    /**
     * What each residue sees of its neighbours: {@link LocalGeometry}, a row of zeros for a missing neighbour. An atom without a position has NaN for
     * coordinates; its distances and its place in the frame are zeros. Rigid motions of a sequence change nothing.
     *
     * @param backbone F64 [T, 5·3], Å
     * @param rotations F64 [T, 9], of the frames of the residues, row by row, as in {@link org.bindrae.geometry.BackboneFrames}
     * @param indices I32 [T, k]; −1 where there is no neighbour
     * @param places places of the residues in their chains, I32 [T]
     * @param chains I32 [T]
     * @param features result [T·k, {@link LocalGeometry#WIDTH}]
     */
    void localGeometry(Tensor backbone, Tensor rotations, Tensor indices, Tensor places, Tensor chains, Tensor features);

    /**
     * What R of the residues see of atoms around them: {@link AtomGeometry}, a row of zeros for a missing atom.
     *
     * @param backbone F64 [T, 5·3], Å, all known
     * @param rotations F64 [T, 9], as for {@link #localGeometry}
     * @param residues the residue of each row, I32 [R]
     * @param atoms I32 [R, m]; −1 where there is none
     * @param positions F64 [H, 3], Å
     * @param classes I32 [H]
     * @param features result [R·m, width]
     */
    void atomGeometry(AtomGeometry geometry, Tensor backbone, Tensor rotations, Tensor residues, Tensor atoms, Tensor positions, Tensor classes,
            Tensor features);

    /** Those of a device. */
    static EdgeKernels of(Device device) {
        return device instanceof HostDevice host ? new HostEdgeFeatures(host) : device.operations(EdgeKernels.class);
    }
}
