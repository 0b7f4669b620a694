package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeInputs;
import org.bindrae.geometry.KNearest;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Factors of the pair features from each residue and its neighbours alone: O(T·k) memory, nothing of size N². For factor n and rank ρ of a residue the features
 * are
 *
 * <pre>
 * F of linear_s_p(s) | 2F of linear_relpos(index) | D of linear_t_distogram(distance and index of k neighbours)
 *                    | D of linear_sc_distogram(the same by side-chain centres)
 * </pre>
 *
 * and each linear layer's output is ordered (n, ρ, channel). A missing neighbour is all zeros, and so is the index of one in another chain where chains count
 * on their own.
 */
public final class NeighbourEmbedder implements EdgeEmbedder {
    private static final int FACTORS = 2;

    private final EdgeConfig config;
    private final DistanceChannels channels;
    private final Linear single;
    private final Linear index;
    private final Linear alphas;
    private final Linear sideChains;
    private final PairMlp mlp;

    public NeighbourEmbedder(Parameters parameters, EdgeConfig config) {
        this.config = config;
        this.channels = DistanceChannels.of(config);
        int copies = FACTORS * config.rank();
        int neighbourWidth = config.neighbours() * (config.distanceChannels() + config.featDim());
        this.single = new Linear(parameters.scope("linear_s_p"), config.cS(), copies * config.featDim());
        this.index = new Linear(parameters.scope("linear_relpos"), config.featDim(), copies * 2 * config.featDim());
        this.alphas = new Linear(parameters.scope("linear_t_distogram"), neighbourWidth, copies * config.distanceChannels());
        this.sideChains = new Linear(parameters.scope("linear_sc_distogram"), neighbourWidth, copies * config.distanceChannels());
        this.mlp = new PairMlp(parameters, config);
    }

    @Override
    public EdgeFeatures forward(Tape tape, EdgeInputs inputs) {
        return forward(tape, inputs, Neighbours.of(inputs, config.neighbours()));
    }

    /** With neighbours from elsewhere. */
    public EdgeFeatures.Factors forward(Tape tape, EdgeInputs inputs, Neighbours neighbours) {
        int residues = inputs.residues();
        int rank = config.rank();
        int rows = residues * FACTORS * rank;
        int f = config.featDim();
        int d = config.distanceChannels();
        DType dtype = inputs.s().dtype();
        double[] embedded = embeddedIndices(inputs);
        Tensor ofIndex = ConstantRows.matrix(tape, dtype, residues, f, (row, memory, at) -> {
            for (int c = 0; c < f; c++) {
                dtype.set(memory, at + c, embedded[row * f + c]);
            }
        });
        Tensor features = Ops.concatColumns(tape, single.forward(tape, inputs.s()).reshape(rows, f), index.forward(tape, ofIndex).reshape(rows, 2 * f),
                alphas.forward(tape, ofNeighbours(tape, inputs, neighbours.alphas(), embedded)).reshape(rows, d),
                sideChains.forward(tape, ofNeighbours(tape, inputs, neighbours.sideChains(), embedded)).reshape(rows, d));
        int width = rank * config.cZ();
        Tensor z = mlp.forward(tape, features).reshape(residues, FACTORS * width);
        return new EdgeFeatures.Factors(Ops.columns(tape, z, 0, width).reshape(residues, rank, config.cZ()),
                Ops.columns(tape, z, width, width).reshape(residues, rank, config.cZ()));
    }

    /** [T, F] */
    private double[] embeddedIndices(EdgeInputs inputs) {
        IndexEmbedding embedding = new IndexEmbedding(config.featDim());
        int[] indices = inputs.indices(config.chainIndex());
        double[] embedded = new double[indices.length * config.featDim()];
        for (int i = 0; i < indices.length; i++) {
            embedding.write(indices[i], embedded, i * config.featDim());
        }
        return embedded;
    }

    /** [T, k·(D + F)] */
    private Tensor ofNeighbours(Tape tape, EdgeInputs inputs, KNearest nearest, double[] embedded) {
        DType dtype = inputs.s().dtype();
        int f = config.featDim();
        int d = config.distanceChannels();
        int k = config.neighbours();
        return ConstantRows.matrix(tape, dtype, inputs.residues(), k * (d + f), (row, memory, at) -> {
            for (int place = 0; place < k; place++) {
                int neighbour = nearest.indices()[row * k + place];
                if (neighbour < 0) {
                    return;
                }
                long channel = at + (long) place * (d + f);
                channels.write(nearest.distances()[row * k + place], dtype, memory, channel);
                boolean indexed = !config.chainIndex() || inputs.chains()[neighbour] == inputs.chains()[row];
                for (int c = 0; indexed && c < f; c++) {
                    dtype.set(memory, channel + d + c, embedded[neighbour * f + c]);
                }
            }
        });
    }
}
