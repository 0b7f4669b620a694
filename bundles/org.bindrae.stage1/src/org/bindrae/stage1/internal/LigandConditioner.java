package org.bindrae.stage1.internal;

import org.bindrae.geometry.Frames;
import org.bindrae.geometry.LocalPoints;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Tells residues of the ligand: each attends to the ligand tokens as seen from its own frame, and what it finds modulates its representation. No rigid motion
 * of the whole changes the result. Samples without ligand stay exactly as they are.
 */
public final class LigandConditioner {
    private final PairEmbedding embedding;
    private final Linear queries;
    private final PairSpace pairSpace;
    private final TokenAttention attention;
    private final Linear out;
    private final Modulation modulation;
    private final double dropout;

    /**
     * The ligand tokens of a batch.
     *
     * @param positions [M, 3], Å
     * @param features [M, features]
     */
    public record Tokens(TokenPairs pairs, Tensor positions, Tensor features) {
    }

    /**
     * The ligand of each residue's sample, seen from the residue's frame.
     *
     * @param local token positions in the residue's frame [P, 3], Å
     * @param embedded pair embeddings [P, width]
     */
    public record View(TokenPairs pairs, Tensor local, Tensor embedded) {
    }

    public LigandConditioner(Parameters parameters, Stage1Config config) {
        Stage1Config.Ligand ligand = config.ligand();
        int channels = config.cS() / ligand.heads();
        this.embedding = new PairEmbedding(parameters.scope("token_mlp"), ligand.features(), ligand.width());
        this.queries = new Linear(parameters.scope("linear_q"), config.cS(), config.cS());
        this.pairSpace = new PairSpace(parameters, ligand.heads(), channels, ligand.width());
        this.attention = new TokenAttention(ligand.heads(), 1 / Math.sqrt(channels));
        this.out = new Linear(parameters.scope("linear_out"), config.cS(), config.cS());
        this.modulation = new Modulation(parameters.scope("film"), config.cS(), ligand.filmWidth(), config.dropout());
        this.dropout = config.dropout();
    }

    /** Brings the ligand tokens to where the network runs. */
    public Tokens tokens(Tape tape, DType type, ModelInput input) {
        int tokens = input.tokens().total();
        TokenPairs pairs = TokenPairs.of(input.residues(), input.tokens());
        pairs.offsets(tape);
        return new Tokens(pairs, tape.scratch(type, Shape.of(tokens, 3)).set(input.tokenPositions()),
                tape.scratch(type, Shape.of(tokens, input.tokenFeatures().length / Math.max(1, tokens))).set(input.tokenFeatures()));
    }

    /** Looks at the ligand tokens from these frames. */
    public View look(Tape tape, Frames frames, Tokens tokens) {
        TokenPairs pairs = tokens.pairs;
        Tensor local = LocalPoints.of(tape, frames, tokens.positions, pairs.offsets(tape), pairs.count());
        return new View(pairs, local, embedding.forward(tape, SaturatedPoints.of(tape, local), tokens.features, pairs));
    }

    /** Looks at the ligand tokens once only. */
    public View look(Tape tape, Frames frames, ModelInput input) {
        return look(tape, frames, tokens(tape, frames.translations().dtype(), input));
    }

    /**
     * The conditioned representation.
     *
     * @param s [T, cS]
     * @param view null where no sample has a ligand
     * @param gate weight of the conditioning, or null where there is none
     * @return [T, cS]
     */
    public Tensor forward(Tape tape, Tensor s, View view, LigandGate.Opening gate) {
        if (view == null || gate == null) {
            return s;
        }
        Tensor attended = attention.attend(tape, view.embedded(), view.local(), pairSpace.queries(tape, queries.forward(tape, s)), view.pairs());
        Tensor context = Ops.dropout(tape, out.forward(tape, pairSpace.values(tape, attended)), dropout);
        return modulation.modulate(tape, s, context, gate);
    }
}
