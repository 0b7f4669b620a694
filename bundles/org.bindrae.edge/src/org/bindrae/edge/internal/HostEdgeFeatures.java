package org.bindrae.edge.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.edge.AtomGeometry;
import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeKernels;
import org.bindrae.geometry.KNearest;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tensor;

/** Neighbours and their features on host memory. */
public record HostEdgeFeatures(HostDevice host) implements EdgeKernels {
    @Override
    public void nearest(Tensor points, Tensor present, Tensor offsets, Tensor indices, Tensor distances) {
        boolean[] counted = new boolean[points.rows()];
        for (int i = 0; i < counted.length; i++) {
            counted[i] = present.intAt(i) != 0;
        }
        int[] starts = new int[Math.toIntExact(offsets.size())];
        for (int s = 0; s < starts.length; s++) {
            starts[s] = offsets.intAt(s);
        }
        KNearest nearest = KNearest.of(points.toDoubles(), Packing.ofOffsets(starts), counted, indices.columns(), false);
        indices.set(nearest.indices());
        distances.set(nearest.distances());
    }

    @Override
    public void describe(EdgeConfig config, Tensor indices, Tensor distances, Tensor embedded, Tensor chains, Tensor features) {
        DistanceChannels channels = DistanceChannels.of(config);
        DType dtype = features.dtype();
        MemorySegment memory = features.memory();
        int k = indices.columns();
        int f = config.featDim();
        int d = config.distanceChannels();
        ConstantRows.write(host, features, (row, _, at) -> {
            for (int place = 0; place < k; place++) {
                int neighbour = indices.intAt((long) row * k + place);
                if (neighbour < 0) {
                    return;
                }
                long channel = at + (long) place * (d + f);
                channels.write(DType.F64.get(distances.memory(), (long) row * k + place), dtype, memory, channel);
                if (chains == null || chains.intAt(neighbour) == chains.intAt(row)) {
                    for (int c = 0; c < f; c++) {
                        dtype.set(memory, channel + d + c, dtype.get(embedded.memory(), (long) neighbour * f + c));
                    }
                }
            }
        });
    }

    @Override
    public void localGeometry(Tensor backbone, Tensor rotations, Tensor indices, Tensor places, Tensor chains, Tensor features) {
        new HostLocalGeometry(host, backbone.toDoubles(), rotations.toDoubles()).write(indices, places, chains, features);
    }

    @Override
    public void atomGeometry(AtomGeometry geometry, Tensor backbone, Tensor rotations, Tensor residues, Tensor atoms, Tensor positions, Tensor classes,
            Tensor features) {
        new HostAtomGeometry(host, geometry, backbone.toDoubles(), rotations.toDoubles(), positions.toDoubles()).write(residues, atoms, classes, features);
    }
}
