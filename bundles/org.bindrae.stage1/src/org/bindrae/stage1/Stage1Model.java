package org.bindrae.stage1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeInputs;
import org.bindrae.edge.EdgeMode;
import org.bindrae.esm.EsmAdapter;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.UnitTorsions;
import org.bindrae.stage1.internal.ChiDraft;
import org.bindrae.stage1.internal.ChiHead;
import org.bindrae.stage1.internal.LigandConditioner;
import org.bindrae.stage1.internal.LigandGate;
import org.bindrae.stage1.internal.LocalEdges;
import org.bindrae.stage1.internal.LocalGraph;
import org.bindrae.stage1.internal.ResidueMlp;
import org.bindrae.stage1.internal.SurroundingAtoms;
import org.bindrae.stage1.internal.TrunkBlock;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * The Stage-1 network. Torsions and rotamers do not change when a sample is moved rigidly, frames and atoms move with it.
 *
 * <pre>
 * s      = adapter(embeddings)
 * edges  = edge_embedder(s, frames)
 * s      = conditioner(s)
 * repeat depth times: s, frames = block(s, frames, edges); s = conditioner(s)
 *                     where there are drafts and a block follows: s += read(softmax(guess(s)))
 * s      = norm(s)
 * torsions = torsion_head(s) / ‖·‖, rotamers = rotamer_head(s), atoms = forward kinematics(frames, torsions)
 * </pre>
 *
 * <p>With {@link Stage1Config.Local} residues begin with their backbone torsions too, and blocks pass messages along the graph of near neighbours; with {@link
 * Stage1Config.Chi} the network gives distributions over χ, and torsions are the most probable ones.
 */
public final class Stage1Model implements AutoCloseable {
    private static final int ROTAMERS = 3;

    private final Stage1Config config;
    private final EdgeMode edgeMode;
    private final IpaConfig ipaConfig;
    private final Parameters parameters;
    private final EsmAdapter adapter;
    private final EdgeEmbedder edgeEmbedder;
    private final Linear torsionEmbedding;
    private final LocalEdges localEdges;
    private final SurroundingAtoms surroundings;
    private final List<TrunkBlock> blocks;
    private final List<ChiDraft> drafts;
    private final LayerNorm norm;
    private final LigandConditioner conditioner;
    private final LigandGate gate;
    private final ResidueMlp torsionHead;
    private final ResidueMlp rotamerHead;
    private final ChiHead chiHead;

    /**
     * A network with initial weights.
     *
     * @param type F32 or F64
     * @param edgeMode the mode that the configuration names
     * @param seed determines the initial weights
     * @throws IllegalArgumentException if the configuration is wrong
     */
    public Stage1Model(Device device, DType type, Stage1Config config, EdgeMode edgeMode, long seed) {
        config.validate();
        if (!edgeMode.name().equals(config.edge().mode())) {
            throw new IllegalArgumentException("the configuration asks for the edge mode " + config.edge().mode() + ", not " + edgeMode.name());
        }
        EdgeConfig edges = config.edgeConfig();
        this.config = config;
        this.edgeMode = edgeMode;
        this.ipaConfig = config.ipaConfig(edgeMode);
        this.parameters = new Parameters(device, type, seed);
        this.adapter = new EsmAdapter(parameters.scope("adapter"), config.embeddingWidth(), config.cS(), config.dropout());
        this.edgeEmbedder = !config.local().attention() ? null : edgeMode.create(parameters.scope("edge_embedder"), edges);
        boolean messages = config.local().neighbours() > 0;
        Parameters local = parameters.scope("local");
        this.torsionEmbedding = messages ? new Linear(local.scope("torsions"), LocalInput.TORSION_FEATURES, config.cS()) : null;
        this.localEdges = messages ? new LocalEdges(local.scope("edges"), config.local()) : null;
        this.surroundings = config.local().atoms() > 0 ? new SurroundingAtoms(local.scope("surroundings"), config) : null;
        Parameters trunk = parameters.scope("trunk");
        this.blocks = IntStream.range(0, config.depth())
                .mapToObj(i -> new TrunkBlock(numbered(trunk.scope("blocks"), i), config, ipaConfig, i + 1 == config.depth())).toList();
        this.drafts = IntStream.range(0, config.chi().drafts() ? config.depth() - 1 : 0)
                .mapToObj(i -> new ChiDraft(numbered(trunk.scope("drafts"), i), config)).toList();
        this.norm = new LayerNorm(trunk.scope("norm"), config.cS());
        boolean conditioned = config.ligand().heads() > 0;
        this.conditioner = conditioned ? new LigandConditioner(parameters.scope("conditioner"), config) : null;
        this.gate = conditioned ? new LigandGate(parameters.scope("ligand_gate"), config.ligand().learnedGate(), config.ligand().warmUpSteps()) : null;
        boolean pairs = config.chi().bins() == 0;
        this.torsionHead = pairs ? head("torsion_head", 2 * ResidueConstants.TORSIONS, Initializer.truncatedNormal(1, config.headWidth())) : null;
        this.rotamerHead = config.rotamerHead() ? head("rotamer_head", ROTAMERS, Initializer.ZEROS) : null;
        this.chiHead = pairs ? null : new ChiHead(parameters.scope("chi_head"), config);
    }

    private static Parameters numbered(Parameters parameters, int number) {
        return parameters.scope(Integer.toString(number));
    }

    private ResidueMlp head(String name, int out, Initializer last) {
        return new ResidueMlp(parameters.scope(name), config.cS(), config.headWidth(), out, config.dropout(), last);
    }

    /** Another network of the same sizes and element type, with initial weights, on some device. */
    public Stage1Model untrained(Device device) {
        return new Stage1Model(device, parameters.dtype(), config, edgeMode, 0);
    }

    public Stage1Config config() {
        return config;
    }

    /** The sizes that an attention backend must be able to run. */
    public IpaConfig ipaConfig() {
        return ipaConfig;
    }

    public Parameters parameters() {
        return parameters;
    }

    /** Opens the ligand gate as far as a training step, counted from 0, allows. A model that is trained no more keeps what it was saved with. */
    public void warmUp(long step) {
        if (gate != null) {
            gate.setStep(step);
        }
    }

    /**
     * Runs the network.
     *
     * @throws IllegalArgumentException if the input has other widths than the configuration says
     */
    public Stage1Output forward(Tape tape, ModelInput input, AttentionBackend backend) {
        return forward(tape, input, null, null, backend);
    }

    /**
     * Runs the network.
     *
     * @param embeddings those of the input as {@link ModelInput#embeddings(Device, DType)} gives them; null for the input's own
     * @param truth the true torsions, given which distributions are compared with the truth; null for the network's own. Torsions of the output know
     *            nothing of them
     * @throws IllegalArgumentException if the input has other widths than the configuration says
     */
    public Stage1Output forward(Tape tape, ModelInput input, HostBuffer embeddings, Torsions truth, AttentionBackend backend) {
        check(input);
        DType type = parameters.dtype();
        int residues = input.residues().total();
        // what is copied to a device is copied together, before anything runs there
        Tensor embedded = tape.scratch(type, Shape.of(residues, config.embeddingWidth()));
        if (embeddings == null) {
            embedded.set(input.embeddings());
        } else {
            tape.device().upload(embeddings, embedded);
        }
        Frames frames = Frames.of(tape.arena(), type, input.frames());
        Tensor types = tape.indices(input.types());
        tape.offsets(input.residues());
        Tensor given = chiHead == null || truth == null ? null : tape.scratch(type, Shape.of(residues, 2 * ResidueConstants.CHIS)).set(angles(truth));
        LocalEdges.Backbone backbone = localEdges == null && surroundings == null ? null : LocalEdges.Backbone.of(tape, input);
        Tensor torsions = localEdges == null ? null
                : tape.scratch(type, Shape.of(residues, LocalInput.TORSION_FEATURES)).set(input.local().torsions());
        SurroundingAtoms.View around = surroundings == null ? null : surroundings.look(tape, type, input, backbone);
        LigandGate.Opening opening = gate == null ? null : gate.open(tape, type, input.residues(), input.tokens());
        LigandConditioner.Tokens tokens = opening == null ? null : conditioner.tokens(tape, type, input);
        Tensor s = adapter.forward(tape, embedded);
        if (torsions != null) {
            s = Ops.add(tape, s, torsionEmbedding.forward(tape, torsions));
        }
        if (surroundings != null) {
            s = surroundings.forward(tape, s, around);
        }
        LocalGraph graph = localEdges == null ? null : localEdges.forward(tape, type, backbone);
        EdgeFeatures edges = edgeEmbedder == null ? null : edgeEmbedder.forward(tape, new EdgeInputs(s, input.frames().translations(),
                input.sideChainCentres(), input.frames().mask(), input.residueNumbers(), input.chains(), input.residues()));
        LigandConditioner.View view = opening == null ? null : conditioner.look(tape, frames, tokens);
        TrunkBlock.State state = new TrunkBlock.State(opening == null ? s : conditioner.forward(tape, s, view, opening), frames, graph);
        List<Tensor> guesses = new ArrayList<>();
        for (int b = 0; b < blocks.size(); b++) {
            state = blocks.get(b).forward(tape, state, edges, input.residues(), backend);
            if (config.ligand().everyBlock() && opening != null) {
                view = config.updateFrames() ? conditioner.look(tape, state.frames(), tokens) : view;
                state = state.withS(conditioner.forward(tape, state.s(), view, opening));
            }
            if (b < drafts.size()) {
                Tensor guess = drafts.get(b).logits(tape, state.s());
                guesses.add(guess);
                state = state.withS(drafts.get(b).seen(tape, state.s(), guess));
            }
        }
        return chiHead == null ? output(tape, norm.forward(tape, state.s()), state.frames(), types)
                : distributions(tape, state, guesses, given, types);
    }

    /**
     * The distribution over one χ of some residues, given other angles before it than the most probable ones.
     *
     * @param output of {@link #forward}
     * @param chi 0 for χ1
     * @param residues rows of the output [P]
     * @param earlier χ1 … of each [P, chi], radians
     * @return logits [P, bins]
     */
    public Tensor distribution(Tape tape, Stage1Output.Distributions output, int chi, int[] residues, double[] earlier) {
        double[] pairs = new double[2 * earlier.length];
        for (int i = 0; i < earlier.length; i++) {
            pairs[2 * i] = StrictMath.sin(earlier[i]);
            pairs[2 * i + 1] = StrictMath.cos(earlier[i]);
        }
        Tensor before = chi == 0 ? null : tape.scratch(parameters.dtype(), Shape.of(residues.length, 2 * chi)).set(pairs);
        return chiHead.one(tape, output.residues(), chi, tape.indices(residues), before);
    }

    /** (sin, cos) of χ1–χ4 [T, 8], zeros where unknown. */
    private static double[] angles(Torsions truth) {
        int chis = ResidueConstants.CHIS;
        int first = ResidueConstants.TORSIONS - chis;
        double[] angles = new double[truth.mask().length / ResidueConstants.TORSIONS * 2 * chis];
        for (int i = 0; i < angles.length; i++) {
            int torsion = i / (2 * chis) * ResidueConstants.TORSIONS + first + i % (2 * chis) / 2;
            angles[i] = truth.mask()[torsion] ? truth.sinCos()[2 * torsion + i % 2] : 0;
        }
        return angles;
    }

    private Stage1Output distributions(Tape tape, TrunkBlock.State state, List<Tensor> drafted, Tensor given, Tensor types) {
        Tensor s = norm.forward(tape, state.s());
        Tensor logits = given == null ? null : chiHead.given(tape, s, given);
        if (tape.isTraining() && given != null) {
            return new Stage1Output(state.frames(), null, null, null, null, new Stage1Output.Distributions(logits, drafted, null, s));
        }
        ChiHead.Chosen chosen = chiHead.chosen(tape, s);
        double[] backbone = new double[s.rows() * 2 * (ResidueConstants.TORSIONS - ResidueConstants.CHIS)];
        Arrays.setAll(backbone, i -> i % 2);
        Tensor others = tape.scratch(s.dtype(), Shape.of(s.rows(), backbone.length / Math.max(1, s.rows()))).set(backbone);
        Tensor torsions = Ops.concatColumns(tape, others, chosen.angles());
        Tensor atoms = ForwardKinematics.atoms(tape, state.frames(), torsions, types);
        return new Stage1Output(state.frames(), perTorsion(torsions), null, null, atoms,
                new Stage1Output.Distributions(given == null ? chosen.logits() : logits, drafted, chosen.masses(), s));
    }

    private Stage1Output output(Tape tape, Tensor s, Frames frames, Tensor types) {
        Tensor raw = torsionHead.forward(tape, s);
        Tensor torsions = UnitTorsions.of(tape, raw);
        Tensor atoms = ForwardKinematics.atoms(tape, frames, torsions, types);
        Tensor rotamers = rotamerHead == null ? null : rotamerHead.forward(tape, s);
        return new Stage1Output(frames, perTorsion(torsions), perTorsion(raw), rotamers, atoms);
    }

    private static Tensor perTorsion(Tensor pairs) {
        return pairs.reshape(pairs.rows(), ResidueConstants.TORSIONS, 2);
    }

    private void check(ModelInput input) {
        if (input.residues().total() > 0 && input.embeddingWidth() != config.embeddingWidth()) {
            throw new IllegalArgumentException("the network takes embeddings of " + config.embeddingWidth() + " numbers, not " + input.embeddingWidth()
                    + "; they are another kind than it was made for");
        }
        if (config.local().neighbours() + config.local().atoms() > 0 && input.local() == null) {
            throw new IllegalArgumentException("the network sees the geometry of neighbours and the atoms around them, of which the input has nothing");
        }
        if (input.tokenFeatures().length != input.tokens().total() * config.ligand().features()) {
            throw new IllegalArgumentException("the network takes " + config.ligand().features() + " features per ligand token, not "
                    + (double) input.tokenFeatures().length / input.tokens().total());
        }
    }

    @Override
    public void close() {
        parameters.close();
    }
}
