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
 * s += dropout(ipa(s))                   ipa(norm(s)) with pre-norm
 * frames = frames ∘ frame_update(s)      where frames move
 * s += dropout(transition(s))
 * </pre>
 */
public final class IpaBlock {
    private static final int UPDATE = 6;

    private final IpaLayer ipa;
    private final LayerNorm attentionNorm;
    private final ResidueMlp frameHead;
    private final ResidueMlp transition;
    private final FrameUpdate limits;
    private final boolean updateFrames;
    private final double dropout;

    /** Residues and their frames. */
    public record State(Tensor s, Frames frames) {
    }

    /**
     * With parameters {@code ipa}, {@code frame_update}, {@code transition}, and {@code ipa_norm} for pre-norm. The updates of both residual branches and of
     * the frames start at zero.
     */
    public IpaBlock(Parameters parameters, Stage1Config config, IpaConfig ipaConfig) {
        int cS = config.cS();
        this.ipa = new IpaLayer(parameters.scope("ipa"), ipaConfig);
        this.attentionNorm = config.preNorm() ? new LayerNorm(parameters.scope("ipa_norm"), cS) : null;
        this.frameHead = new ResidueMlp(parameters.scope("frame_update"), cS, config.headWidth(), UPDATE, 0, Initializer.ZEROS);
        this.transition = new ResidueMlp(parameters.scope("transition"), cS, config.transitionFactor() * cS, cS, config.dropout(), Initializer.ZEROS);
        this.limits = new FrameUpdate(Math.toRadians(config.maxTurn()), config.maxShift());
        this.updateFrames = config.updateFrames();
        this.dropout = config.dropout();
    }

    public State forward(Tape tape, State state, EdgeFeatures edges, Packing residues, AttentionBackend backend) {
        Frames frames = state.frames();
        Tensor read = attentionNorm == null ? state.s() : attentionNorm.forward(tape, state.s());
        Tensor attended = ipa.forward(tape, read, edges, frames.rotations(), frames.translations(), residues, backend);
        Tensor s = Ops.addDropout(tape, state.s(), attended, dropout);
        if (updateFrames) {
            frames = limits.apply(tape, frames, frameHead.forward(tape, s));
        }
        s = Ops.addDropout(tape, s, transition.forward(tape, s), dropout);
        return new State(s, frames);
    }
}
