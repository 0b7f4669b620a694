package org.bindrae.stage1;

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
import org.bindrae.geometry.UnitTorsions;
import org.bindrae.stage1.internal.IpaBlock;
import org.bindrae.stage1.internal.LigandConditioner;
import org.bindrae.stage1.internal.LigandGate;
import org.bindrae.stage1.internal.ResidueMlp;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Parameters;

/**
 * The Stage-1 network. Torsions and rotamers do not change when a sample is moved rigidly, frames and atoms move with it.
 *
 * <pre>
 * s      = adapter(embeddings)
 * edges  = edge_embedder(s, frames)
 * s      = conditioner(s)
 * repeat depth times: s, frames = block(s, frames, edges); s = conditioner(s)
 * s      = norm(s)
 * torsions = torsion_head(s) / ‖·‖, rotamers = rotamer_head(s), atoms = forward kinematics(frames, torsions)
 * </pre>
 */
public final class Stage1Model implements AutoCloseable {
    private static final int ROTAMERS = 3;

    private final Stage1Config config;
    private final EdgeMode edgeMode;
    private final IpaConfig ipaConfig;
    private final Parameters parameters;
    private final EsmAdapter adapter;
    private final EdgeEmbedder edgeEmbedder;
    private final List<IpaBlock> blocks;
    private final LayerNorm norm;
    private final LigandConditioner conditioner;
    private final LigandGate gate;
    private final ResidueMlp torsionHead;
    private final ResidueMlp rotamerHead;

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
        this.edgeEmbedder = edgeMode.create(parameters.scope("edge_embedder"), edges);
        Parameters trunk = parameters.scope("trunk");
        this.blocks = IntStream.range(0, config.depth())
                .mapToObj(i -> new IpaBlock(trunk.scope("blocks").scope(Integer.toString(i)), config, ipaConfig)).toList();
        this.norm = new LayerNorm(trunk.scope("norm"), config.cS());
        this.conditioner = new LigandConditioner(parameters.scope("conditioner"), config);
        this.gate = new LigandGate(parameters.scope("ligand_gate"), config.ligand().learnedGate(), config.ligand().warmUpSteps());
        this.torsionHead = head("torsion_head", 2 * ResidueConstants.TORSIONS, Initializer.truncatedNormal(1, config.headWidth()));
        this.rotamerHead = config.rotamerHead() ? head("rotamer_head", ROTAMERS, Initializer.ZEROS) : null;
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
        gate.setStep(step);
    }

    /**
     * Runs the network.
     *
     * @throws IllegalArgumentException if the input has other widths than the configuration says
     */
    public Stage1Output forward(Tape tape, ModelInput input, AttentionBackend backend) {
        return forward(tape, input, null, backend);
    }

    /**
     * Runs the network.
     *
     * @param embeddings those of the input as {@link ModelInput#embeddings(Device, DType)} gives them; null for the input's own
     * @throws IllegalArgumentException if the input has other widths than the configuration says
     */
    public Stage1Output forward(Tape tape, ModelInput input, HostBuffer embeddings, AttentionBackend backend) {
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
        LigandGate.Opening opening = gate.open(tape, type, input.residues(), input.tokens());
        LigandConditioner.Tokens tokens = opening == null ? null : conditioner.tokens(tape, type, input);
        Tensor s = adapter.forward(tape, embedded);
        EdgeFeatures edges = edgeEmbedder.forward(tape, new EdgeInputs(s, input.frames().translations(), input.sideChainCentres(), input.frames().mask(),
                input.residueNumbers(), input.chains(), input.residues()));
        LigandConditioner.View view = opening == null ? null : conditioner.look(tape, frames, tokens);
        IpaBlock.State state = new IpaBlock.State(conditioner.forward(tape, s, view, opening), frames);
        for (IpaBlock block : blocks) {
            state = block.forward(tape, state, edges, input.residues(), backend);
            if (config.ligand().everyBlock() && opening != null) {
                view = config.updateFrames() ? conditioner.look(tape, state.frames(), tokens) : view;
                state = new IpaBlock.State(conditioner.forward(tape, state.s(), view, opening), state.frames());
            }
        }
        return output(tape, norm.forward(tape, state.s()), state.frames(), types);
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
