package org.bindrae.attention;

import java.util.List;

import org.bindrae.edge.EdgeFeatures;
import org.bindrae.geometry.CentredPoints;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Invariant point attention (AlphaFold2, Algorithm 22) with the parameter names of flash_ipa. Owns the linear layers and the change from Å to centred nm; a
 * backend does the rest. A layer whose {@link IpaConfig#cZ()} is 0 has neither {@code linear_b} nor {@code down_z}.
 */
public final class IpaLayer {
    /** softplus(0.5413…) = 1 */
    private static final double UNIT_HEAD_WEIGHT = 0.541324854612918;
    private static final double NM_PER_ANGSTROM = 0.1;

    private final IpaConfig config;
    private final Linear q;
    private final Linear kv;
    private final Linear qPoints;
    private final Linear kvPoints;
    private final Linear pairBias;
    private final Linear pairDown;
    private final Tensor headWeights;
    private final Linear out;

    public IpaLayer(Parameters parameters, IpaConfig config) {
        this.config = config;
        int heads = config.heads();
        this.q = new Linear(parameters.scope("linear_q"), config.cS(), heads * config.cHidden());
        this.kv = new Linear(parameters.scope("linear_kv"), config.cS(), 2 * heads * config.cHidden());
        this.qPoints = new Linear(parameters.scope("linear_q_points"), config.cS(), 3 * heads * config.qkPoints());
        this.kvPoints = new Linear(parameters.scope("linear_kv_points"), config.cS(), 3 * heads * (config.qkPoints() + config.vPoints()));
        this.pairBias = config.cZ() == 0 ? null : new Linear(parameters.scope("linear_b"), config.cZ(), heads);
        this.pairDown = config.cZ() == 0 ? null : new Linear(parameters.scope("down_z"), config.cZ(), config.cDown());
        this.headWeights = parameters.create("head_weights", Shape.of(heads), Initializer.constant(UNIT_HEAD_WEIGHT));
        this.out = new Linear(parameters.scope("linear_out"), config.resultWidth(), config.cS(), Initializer.ZEROS, true);
    }

    public IpaConfig config() {
        return config;
    }

    /**
     * The update of the residue representation (without the residual).
     *
     * @param s residue representation [T, cS]
     * @param edges pair features of the form that {@link IpaConfig#pairForm()} says
     * @param rot rotations of the residue frames [T, 9]
     * @param trans origins of the residue frames [T, 3] in Å
     * @return [T, cS]
     */
    public Tensor forward(Tape tape, Tensor s, EdgeFeatures edges, Tensor rot, Tensor trans, Packing packing, AttentionBackend backend) {
        // centring keeps differences of a nanometre exact in a molecule far off its origin; the attention does not see it
        List<Tensor> projections = Linear.forward(tape, List.of(q, kv, qPoints, kvPoints), List.of(s, s, s, s));
        AttentionInputs inputs = new AttentionInputs(config, packing, projections.get(0), projections.get(1), projections.get(2), projections.get(3), rot,
                CentredPoints.of(tape, trans, packing, NM_PER_ANGSTROM), headWeights, pairTerm(tape, edges));
        return out.forward(tape, backend.attend(tape, inputs));
    }

    private PairTerm pairTerm(Tape tape, EdgeFeatures edges) {
        if (config.cZ() == 0) {
            // features that the layer has no parameters for would be ignored without a word otherwise
            if (!(edges instanceof EdgeFeatures.None)) {
                throw new IllegalArgumentException("a layer with cZ 0 takes no pair features, not " + edges.getClass().getSimpleName());
            }
            return new PairTerm.None();
        }
        return switch (edges) {
            case EdgeFeatures.None _ -> new PairTerm.None();
            case EdgeFeatures.Factors(Tensor z1, Tensor z2) -> {
                List<Tensor> maps = Linear.forward(tape, List.of(pairBias, pairDown, pairBias, pairDown), List.of(z1, z1, z2, z2));
                yield new PairTerm.Factors(perResidue(z1, maps.get(0)), perResidue(z2, maps.get(2)), perResidue(z1, maps.get(1)), perResidue(z2, maps.get(3)));
            }
            case EdgeFeatures.Full(Tensor z) -> new PairTerm.Full(pairBias.forward(tape, z), pairDown.forward(tape, z));
        };
    }

    /** [T, r, out] → [T, r·out], where the map acted on each of the r factors z [T, r, cZ]. */
    private Tensor perResidue(Tensor z, Tensor mapped) {
        return mapped.reshape(z.shape().dim(0), config.rank() * mapped.columns());
    }
}
