package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/** The network {@code edge_embedder} that all modes end with: three linear layers with ReLU between, and a LayerNorm. */
final class PairMlp {
    private final Linear first;
    private final Linear second;
    private final Linear third;
    private final LayerNorm norm;

    PairMlp(Parameters parameters, EdgeConfig config) {
        // numbered as the layers of a PyTorch Sequential, in which an activation is a layer too
        Parameters scope = parameters.scope("edge_embedder");
        this.first = new Linear(scope.scope("0"), 3 * config.featDim() + 2 * config.distanceChannels(), config.cZ());
        this.second = new Linear(scope.scope("2"), config.cZ(), config.cZ());
        this.third = new Linear(scope.scope("4"), config.cZ(), config.cZ());
        this.norm = new LayerNorm(scope.scope("5"), config.cZ());
    }

    /** [rows, 3F + 2D] → [rows, cZ] */
    Tensor forward(Tape tape, Tensor features) {
        Tensor x = Ops.unary(tape, Unary.RELU, first.forward(tape, features));
        x = Ops.unary(tape, Unary.RELU, second.forward(tape, x));
        return norm.forward(tape, third.forward(tape, x));
    }
}
