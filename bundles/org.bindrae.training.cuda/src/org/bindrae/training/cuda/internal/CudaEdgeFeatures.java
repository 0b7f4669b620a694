package org.bindrae.training.cuda.internal;

import org.bindrae.edge.Distance;
import org.bindrae.edge.AtomGeometry;
import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeKernels;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.osgi.service.component.annotations.Component;

/** Neighbours and their features on CUDA: kernels of {@code gpu-native/src/edge}. */
public final class CudaEdgeFeatures implements EdgeKernels {
    /** As the kernels say: threads of a block. */
    private static final int SEARCH_THREADS = 128;
    private static final int FEATURE_THREADS = 256;
    private static final int WARP = 32;

    private final Launches launches;

    /** Brings these operations to CUDA devices. */
    @Component(service = CudaOperations.class)
    public static final class Provider implements CudaOperations<EdgeKernels> {
        @Override
        public Class<EdgeKernels> type() {
            return EdgeKernels.class;
        }

        @Override
        public EdgeKernels on(CudaDevice device) {
            return new CudaEdgeFeatures(device);
        }
    }

    public CudaEdgeFeatures(CudaDevice device) {
        this.launches = new Launches(device, "edge");
    }

    @Override
    public void nearest(Tensor points, Tensor present, Tensor offsets, Tensor indices, Tensor distances) {
        int residues = points.rows();
        int sequences = Math.toIntExact(offsets.size() - 1);
        int k = indices.columns();
        if (k <= WARP) {
            launches.kernel("nearest").launch(residues, SEARCH_THREADS, points, present, offsets, sequences, k, indices, distances);
        } else {
            launches.kernel("nearest_many").launch(Launches.blocks(residues, SEARCH_THREADS / WARP), SEARCH_THREADS, points, present, offsets, sequences, k,
                    indices, distances, residues);
        }
    }

    @Override
    public void describe(EdgeConfig config, Tensor indices, Tensor distances, Tensor embedded, Tensor chains, Tensor features) {
        launches.kernel("describe", features).launch(Launches.blocks(indices.size(), FEATURE_THREADS / WARP), FEATURE_THREADS, indices, distances, embedded,
                chains, indices.columns(), config.distanceChannels(), config.featDim(), config.distance() == Distance.RBF ? 1 : 0, features, indices.size());
    }

    @Override
    public void localGeometry(Tensor backbone, Tensor rotations, Tensor indices, Tensor places, Tensor chains, Tensor features) {
        launches.kernel("local_geometry", features).launch(Launches.blocks(indices.size(), FEATURE_THREADS / WARP), FEATURE_THREADS, backbone, rotations,
                indices,
                places, chains, indices.columns(), features, indices.size());
    }

    @Override
    public void atomGeometry(AtomGeometry geometry, Tensor backbone, Tensor rotations, Tensor residues, Tensor atoms, Tensor positions, Tensor classes,
            Tensor features) {
        launches.kernel("atom_geometry", features).launch(Launches.blocks(features.size(), FEATURE_THREADS), FEATURE_THREADS, backbone, rotations, residues,
                atoms, positions, classes, atoms.columns(), geometry.classes(), features, features.size());
    }
}
