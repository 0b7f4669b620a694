package org.bindrae.stage1.internal;

import org.bindrae.tensor.Kernels.Unary;
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
 * message_i = out(mean_j gelu(hidden(sum(norm(s), e)_ij)))
 * e_ij      = edge_norm(e_ij + out(sum(norm(s), e)_ij))      with weights of its own
 * sum(s, e)_ij = gelu(edge(e_ij) + own(s_i) + other(s_j))
 * </pre>
 */
final class LocalMessages {
    private final Ends messages;
    private final Linear hidden;
    private final Linear out;
    private final Ends update;
    private final Linear updateOut;
    private final LayerNorm edgeNorm;

    /** What a pair's features and its two residues add up to. */
    private record Ends(LayerNorm norm, Linear edge, Linear own, Linear other) {
        static Ends of(Parameters parameters, int cS, int width) {
            Initializer residues = Initializer.truncatedNormal(1, cS);
            return new Ends(new LayerNorm(parameters.scope("norm"), cS), new Linear(parameters.scope("edge"), width, width),
                    new Linear(parameters.scope("own"), cS, width, residues, false), new Linear(parameters.scope("other"), cS, width, residues, false));
        }

        Tensor forward(Tape tape, Tensor s, LocalGraph graph) {
            Tensor read = norm.forward(tape, s);
            Tensor sum = Ops.addEndpoints(tape, edge.forward(tape, graph.edges()), own.forward(tape, read), other.forward(tape, read), graph.indices());
            return Ops.unary(tape, Unary.GELU, sum);
        }
    }

    /**
     * With parameters {@code message} and {@code edge_update}; both begin by changing nothing.
     *
     * @param last whether nobody reads the edges afterwards
     */
    LocalMessages(Parameters parameters, int cS, int width, boolean last) {
        Parameters message = parameters.scope("message");
        this.messages = Ends.of(message, cS, width);
        this.hidden = new Linear(message.scope("hidden"), width, width);
        this.out = new Linear(message.scope("out"), width, cS, Initializer.ZEROS, true);
        Parameters edges = parameters.scope("edge_update");
        this.update = last ? null : Ends.of(edges, cS, width);
        this.updateOut = last ? null : new Linear(edges.scope("out"), width, width, Initializer.ZEROS, true);
        this.edgeNorm = last ? null : new LayerNorm(edges.scope("edge_norm"), width);
    }

    /** What residues hear [T, cS]. */
    Tensor messages(Tape tape, Tensor s, LocalGraph graph) {
        Tensor h = Ops.unary(tape, Unary.GELU, hidden.forward(tape, messages.forward(tape, s, graph)));
        return out.forward(tape, Ops.sumGroups(tape, h, graph.shares().columns(), graph.shares()));
    }

    /** The graph as the next block sees it. */
    LocalGraph updated(Tape tape, Tensor s, LocalGraph graph) {
        if (update == null) {
            return graph;
        }
        Tensor change = updateOut.forward(tape, update.forward(tape, s, graph));
        return graph.withEdges(edgeNorm.forward(tape, Ops.add(tape, graph.edges(), change)));
    }
}
