package org.bindrae.stage1.internal;

import org.bindrae.edge.EdgeKernels;
import org.bindrae.edge.LocalGeometry;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/** The graph of near residues with the geometry of each pair brought to the width of the messages. Parameters {@code linear} and {@code norm}. */
public final class LocalEdges {
    private final int neighbours;
    private final Linear linear;
    private final LayerNorm norm;

    public LocalEdges(Parameters parameters, Stage1Config.Local config) {
        this.neighbours = config.neighbours();
        this.linear = new Linear(parameters.scope("linear"), LocalGeometry.WIDTH, config.width());
        this.norm = new LayerNorm(parameters.scope("norm"), config.width());
    }

    /** What a device needs of the backbone. */
    public record Backbone(Tensor atoms, Tensor alphas, Tensor rotations, Tensor present, Tensor places, Tensor chains, Tensor offsets) {
        /** Copies it to the device. */
        public static Backbone of(Tape tape, ModelInput input) {
            int residues = input.residues().total();
            int[] present = new int[residues];
            for (int i = 0; i < residues; i++) {
                present[i] = input.frames().mask()[i] ? 1 : 0;
            }
            double[] atoms = input.local().backbone().positions();
            return new Backbone(tape.scratch(DType.F64, Shape.of(residues, atoms.length / Math.max(1, residues))).set(atoms),
                    tape.scratch(DType.F64, Shape.of(residues, 3)).set(input.frames().translations()),
                    tape.scratch(DType.F64, Shape.of(residues, 9)).set(input.frames().rotations()), tape.indices(present),
                    tape.indices(input.residueNumbers()), tape.indices(input.chains()), tape.offsets(input.residues()));
        }
    }

    /** The graph of residues whose numbers have this element type. */
    public LocalGraph forward(Tape tape, DType type, Backbone backbone) {
        int residues = backbone.alphas.rows();
        Tensor indices = tape.scratch(DType.I32, Shape.of(residues, neighbours));
        Tensor distances = tape.scratch(DType.F64, Shape.of(residues, neighbours));
        EdgeKernels kernels = EdgeKernels.of(tape.device());
        kernels.nearest(backbone.alphas, backbone.present, backbone.offsets, indices, distances);
        Tensor features = tape.scratch(type, Shape.of(residues * neighbours, LocalGeometry.WIDTH));
        kernels.localGeometry(backbone.atoms, backbone.rotations, indices, backbone.places, backbone.chains, features);
        Tensor share = tape.scratch(type, Shape.of(residues, 1));
        tape.kernels().fill(share, 1.0 / neighbours);
        // a missing neighbour gets a row of zeros
        Tensor shares = Ops.gatherRows(tape, share, indices).reshape(residues, neighbours);
        return new LocalGraph(indices, shares, norm.forward(tape, linear.forward(tape, features)));
    }
}
