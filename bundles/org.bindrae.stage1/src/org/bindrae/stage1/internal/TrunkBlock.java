package org.bindrae.stage1.internal;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.IpaLayer;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.geometry.FrameUpdate;
import org.bindrae.geometry.Frames;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Parameters;

/**
 * One block of the trunk:
 *
 * <pre>
 * s += dropout(messages(s, graph))       where there are messages
 * s += dropout(ipa(s))                   where there is attention; ipa(norm(s)) with pre-norm
 * frames = frames ∘ frame_update(s)      where frames move
 * s += dropout(transition(s))
 * graph = edge_update(s, graph)          where there are messages
 * </pre>
 */
public final class TrunkBlock {
    private static final int UPDATE = 6;

    private final LocalMessages local;
    private final IpaLayer ipa;
    private final LayerNorm attentionNorm;
    private final ResidueMlp frameHead;
    private final ResidueMlp transition;
    private final FrameUpdate limits;
    private final double dropout;

    /**
     * Residues, their frames and their neighbours.
     *
     * @param graph null in a network without messages
     */
    public record State(Tensor s, Frames frames, LocalGraph graph) {
        /** The same with other residues. */
        public State withS(Tensor other) {
            return new State(other, frames, graph);
        }
    }

    /**
     * With parameters {@code local}, {@code ipa}, {@code frame_update}, {@code transition}, and {@code ipa_norm} for pre-norm, as far as
     * the configuration has them. The updates of all residual branches and of the frames start at zero.
     *
     * @param last whether this is the last block
     */
    public TrunkBlock(Parameters parameters, Stage1Config config, IpaConfig ipaConfig, boolean last) {
        int cS = config.cS();
        boolean messages = config.local().neighbours() > 0;
        this.local = messages ? new LocalMessages(parameters.scope("local"), cS, config.local().width(), last) : null;
        this.ipa = config.local().attention() ? new IpaLayer(parameters.scope("ipa"), ipaConfig) : null;
        this.attentionNorm = ipa != null && config.preNorm() ? new LayerNorm(parameters.scope("ipa_norm"), cS) : null;
        this.frameHead = config.chi().bins() > 0 ? null
                : new ResidueMlp(parameters.scope("frame_update"), cS, config.headWidth(), UPDATE, 0, Initializer.ZEROS);
        this.transition = new ResidueMlp(parameters.scope("transition"), cS, config.transitionFactor() * cS, cS, config.dropout(), Initializer.ZEROS);
        this.limits = config.updateFrames() ? new FrameUpdate(Math.toRadians(config.maxTurn()), config.maxShift()) : null;
        this.dropout = config.dropout();
    }

    public State forward(Tape tape, State state, EdgeFeatures edges, Packing residues, AttentionBackend backend) {
        Frames frames = state.frames();
        LocalGraph graph = state.graph();
        Tensor s = state.s();
        if (local != null) {
            s = Ops.addDropout(tape, s, local.messages(tape, s, graph), dropout);
        }
        if (ipa != null) {
            Tensor read = attentionNorm == null ? s : attentionNorm.forward(tape, s);
            s = Ops.addDropout(tape, s, ipa.forward(tape, read, edges, frames.rotations(), frames.translations(), residues, backend), dropout);
        }
        if (limits != null) {
            frames = limits.apply(tape, frames, frameHead.forward(tape, s));
        }
        s = Ops.addDropout(tape, s, transition.forward(tape, s), dropout);
        return new State(s, frames, local == null ? null : local.updated(tape, s, graph));
    }
}
