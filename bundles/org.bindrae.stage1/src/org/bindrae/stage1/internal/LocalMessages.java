package org.bindrae.stage1.internal;

import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Message passing between near residues (Gilmer et al. 2017; with edges that change, Dauparas et al. 2022):
 *
 * <pre>
 * message_i    = out(mean_j gelu(mlp(norm(s), e)_ij))
 * e_ij         = edge_norm(e_ij + mlp(norm(s), e)_ij)          with weights of its own
 * mlp(s, e)_ij = last(gelu(edge(e_ij) + own(s_i) + other(s_j)))
 * </pre>
 */
final class LocalMessages {
    private final EdgeMlp messages;
    private final Linear out;
    private final EdgeMlp update;
    private final LayerNorm edgeNorm;

    /** A perceptron of two layers of a pair's features and its two residues. */
    private record EdgeMlp(LayerNorm norm, Linear edge, Linear own, Linear other, Linear last) {
        static EdgeMlp of(Parameters parameters, int cS, int width, Initializer last) {
            Initializer weights = Initializer.truncatedNormal(1, width);
            return new EdgeMlp(new LayerNorm(parameters.scope("norm"), cS), new Linear(parameters.scope("edge"), width, width, weights, false),
                    new Linear(parameters.scope("own"), cS, width), new Linear(parameters.scope("other"), cS, width, Initializer.truncatedNormal(1, cS), false),
                    new Linear(parameters.scope("last"), width, width, last, true));
        }

        Tensor forward(Tape tape, Tensor s, LocalGraph graph) {
            Tensor read = norm.forward(tape, s);
            return Ops.messages(tape, graph.edges(), edge.weight(), own.forward(tape, read), other.forward(tape, read), graph.indices(), last.weight(),
                    last.bias());
        }
    }

    /**
     * With parameters {@code message}, {@code out} and {@code edge_update}; both begin by changing nothing.
     *
     * @param last whether nobody reads the edges afterwards
     */
    LocalMessages(Parameters parameters, int cS, int width, boolean last) {
        this.messages = EdgeMlp.of(parameters.scope("message"), cS, width, Initializer.truncatedNormal(1, width));
        this.out = new Linear(parameters.scope("out"), width, cS, Initializer.ZEROS, true);
        Parameters edges = parameters.scope("edge_update");
        this.update = last ? null : EdgeMlp.of(edges, cS, width, Initializer.ZEROS);
        this.edgeNorm = last ? null : new LayerNorm(edges.scope("edge_norm"), width);
    }

    /** What residues hear [T, cS]. */
    Tensor messages(Tape tape, Tensor s, LocalGraph graph) {
        Tensor heard = messages.forward(tape, s, graph);
        return out.forward(tape, Ops.sumGroupsGelu(tape, heard, graph.shares().columns(), graph.shares()));
    }

    /** The graph as the next block sees it. */
    LocalGraph updated(Tape tape, Tensor s, LocalGraph graph) {
        if (update == null) {
            return graph;
        }
        return graph.withEdges(edgeNorm.forward(tape, Ops.add(tape, graph.edges(), update.forward(tape, s, graph))));
    }
}
