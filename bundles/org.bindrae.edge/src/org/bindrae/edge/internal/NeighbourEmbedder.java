package org.bindrae.edge.internal;

import java.util.Arrays;
import java.util.List;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeInputs;
import org.bindrae.edge.EdgeKernels;
import org.bindrae.geometry.KNearest;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
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
    private final IndexTable indexTable;
    private final Linear single;
    private final Linear index;
    private final Linear alphas;
    private final Linear sideChains;
    private final PairMlp mlp;

    public NeighbourEmbedder(Parameters parameters, EdgeConfig config) {
        this.config = config;
        this.indexTable = new IndexTable(config.featDim());
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
        int residues = inputs.residues();
        int[] counted = new int[residues];
        Arrays.setAll(counted, i -> inputs.present()[i] ? 1 : 0);
        // what is copied to a device is copied together, before anything runs there
        Tensor present = tape.indices(counted);
        Tensor offsets = tape.offsets(inputs.packing());
        Tensor alphaPoints = tape.scratch(DType.F64, Shape.of(residues, 3)).set(inputs.positions());
        Tensor sideChainPoints = tape.scratch(DType.F64, Shape.of(residues, 3)).set(inputs.sideChainCentres());
        Indices numbers = indices(tape, inputs);
        Nearest byAlphas = Nearest.allocate(tape, residues, config.neighbours());
        Nearest bySideChains = Nearest.allocate(tape, residues, config.neighbours());
        EdgeKernels kernels = EdgeKernels.of(tape.device());
        kernels.nearest(alphaPoints, present, offsets, byAlphas.indices, byAlphas.distances);
        kernels.nearest(sideChainPoints, present, offsets, bySideChains.indices, bySideChains.distances);
        return forward(tape, inputs.s(), numbers, byAlphas, bySideChains);
    }

    /** With neighbours from elsewhere. */
    public EdgeFeatures.Factors forward(Tape tape, EdgeInputs inputs, Neighbours neighbours) {
        return forward(tape, inputs.s(), indices(tape, inputs), Nearest.of(tape, neighbours.alphas()), Nearest.of(tape, neighbours.sideChains()));
    }

    /**
     * Where residues lie in their sequence.
     *
     * @param embedded [T, F]
     * @param chains I32 [T], or null where chains do not count
     */
    private record Indices(Tensor embedded, Tensor chains) {
    }

    private Indices indices(Tape tape, EdgeInputs inputs) {
        Tensor embedded = indexTable.rows(tape, inputs.s().dtype(), inputs.indices(config.chainIndex()));
        return new Indices(embedded, config.chainIndex() ? tape.indices(inputs.chains()) : null);
    }

    private EdgeFeatures.Factors forward(Tape tape, Tensor s, Indices indices, Nearest byAlphas, Nearest bySideChains) {
        int residues = s.rows();
        int rank = config.rank();
        int rows = residues * FACTORS * rank;
        int f = config.featDim();
        int d = config.distanceChannels();
        Tensor features = Ops.concatColumns(tape, single.forward(tape, s).reshape(rows, f), index.forward(tape, indices.embedded).reshape(rows, 2 * f),
                alphas.forward(tape, described(tape, byAlphas, indices)).reshape(rows, d),
                sideChains.forward(tape, described(tape, bySideChains, indices)).reshape(rows, d));
        int width = rank * config.cZ();
        Tensor z = mlp.forward(tape, features).reshape(residues, FACTORS * width);
        List<Tensor> factors = Ops.splitColumns(tape, z, width, width);
        return new EdgeFeatures.Factors(factors.get(0).reshape(residues, rank, config.cZ()), factors.get(1).reshape(residues, rank, config.cZ()));
    }

    /** [T, k·(D + F)] */
    private Tensor described(Tape tape, Nearest nearest, Indices of) {
        Tensor features = tape.scratch(of.embedded.dtype(),
                Shape.of(of.embedded.rows(), config.neighbours() * (config.distanceChannels() + config.featDim())));
        EdgeKernels.of(tape.device()).describe(config, nearest.indices, nearest.distances, of.embedded, of.chains, features);
        return features;
    }

    /**
     * Neighbours where the network runs.
     *
     * @param indices I32 [T, k]
     * @param distances F64 [T, k], Å
     */
    private record Nearest(Tensor indices, Tensor distances) {
        static Nearest allocate(Tape tape, int residues, int k) {
            return new Nearest(tape.scratch(DType.I32, Shape.of(residues, k)), tape.scratch(DType.F64, Shape.of(residues, k)));
        }

        static Nearest of(Tape tape, KNearest nearest) {
            Nearest copy = allocate(tape, nearest.indices().length / nearest.k(), nearest.k());
            copy.indices.set(nearest.indices());
            copy.distances.set(nearest.distances());
            return copy;
        }
    }
}
