package org.bindrae.stage1;

import java.util.Map;

import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Tensor;

/** Networks small enough for finite differences. */
public final class TinyModel {
    public static final int EMBEDDING = 5;

    private TinyModel() {
    }

    /** Ligand gate open from the start, no dropout. */
    public static Stage1Config config(boolean updateFrames, boolean preNorm) {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(21, 6, 2, 8, true, true, 0);
        return new Stage1Config(EMBEDDING, 16, edge, attention, ligand, 2, 2, 8, 0, preNorm, updateFrames, 15, 1.5, true);
    }

    /** Messages, surroundings, attention and distributions with drafts. */
    public static Stage1Config packer() {
        Stage1Config c = config(false, true);
        Stage1Config.Ligand l = c.ligand();
        Stage1Config.Ligand none = new Stage1Config.Ligand(l.features(), l.width(), 0, l.filmWidth(), false, false, 0);
        return new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), none, c.depth(), c.transitionFactor(), c.headWidth(), 0, true, false,
                c.maxTurn(), c.maxShift(), false, new Stage1Config.Local(4, 6, 3, true), new Stage1Config.Chi(12, true));
    }

    public static Stage1Config withDropout(Stage1Config c, double dropout) {
        return new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(), c.headWidth(), dropout,
                c.preNorm(), c.updateFrames(), c.maxTurn(), c.maxShift(), c.rotamerHead());
    }

    public static Stage1Config withWarmUp(Stage1Config c, int steps) {
        Stage1Config.Ligand l = c.ligand();
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(l.features(), l.width(), l.heads(), l.filmWidth(), l.everyBlock(), l.learnedGate(), steps);
        return new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), ligand, c.depth(), c.transitionFactor(), c.headWidth(), c.dropout(),
                c.preNorm(), c.updateFrames(), c.maxTurn(), c.maxShift(), c.rotamerHead());
    }

    public static Stage1Config withDepth(Stage1Config c, int depth) {
        return new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), depth, c.transitionFactor(), c.headWidth(), c.dropout(),
                c.preNorm(), c.updateFrames(), c.maxTurn(), c.maxShift(), c.rotamerHead());
    }

    /** A network none of whose parameters is at its initial value, so that nothing is hidden behind a zero. */
    public static Stage1Model create(Device device, DType type, Stage1Config config) {
        Stage1Model model = new Stage1Model(device, type, config, new Flash1dBias(), 5);
        shake(model.parameters().trainable());
        return model;
    }

    public static void shake(Map<String, Tensor> parameters) {
        parameters.forEach((name, tensor) -> {
            double[] values = tensor.toDoubles();
            double deviation = tensor.shape().rank() > 1 ? 0.5 / Math.sqrt(tensor.columns()) : 0.2;
            for (int i = 0; i < values.length; i++) {
                // rounded, so that both precisions have the same
                values[i] = (float) (values[i] + deviation * Philox.normal(6, Philox.stream(name), i));
            }
            tensor.set(values);
        });
    }
}
