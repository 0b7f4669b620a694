package org.bindrae.esm.encoder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.SelfAttention;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** The encoder of ESM-2 with its weights on a device. Used by one thread at a time. */
public final class EsmEncoder implements AutoCloseable {
    /** Share of the tokens that were hidden in training: 15 % were chosen, of which 80 % became the mask. */
    private static final double MASKED_IN_TRAINING = 0.15 * 0.8;
    /** Share of a device's free memory that weights may take; beyond it they are brought there layer by layer. */
    private static final double LARGEST_SHARE = 0.7;
    /** Rows of the table of positions grow in these steps. */
    private static final int POSITIONS = 1024;

    private final EsmWeights weights;
    private final EsmConfig config;
    private final Device device;
    private final DType dtype;
    /** Lives as long as the encoder. */
    private final TensorArena parameters;
    /** Of one layer, where layers are streamed. */
    private final TensorArena streamed;
    private final TensorArena work;
    private final TensorArena table;
    private final List<EncoderLayer> layers = new ArrayList<>();
    private Tensor embedding;
    private EncoderLayer.Norm finalNorm;
    private Tensor rotation;

    private EsmEncoder(EsmWeights weights, Device device, DType dtype, boolean layerByLayer) {
        this.weights = weights;
        this.config = weights.config();
        this.device = device;
        this.dtype = dtype;
        this.parameters = device.arena();
        this.streamed = layerByLayer ? device.arena() : null;
        this.work = device.arena();
        this.table = device.arena();
    }

    /** As {@link #load(EsmWeights, Device, DType, boolean)}, layer by layer where all weights would leave too little of the device's memory. */
    public static EsmEncoder load(EsmWeights weights, Device device, DType dtype) throws IOException {
        return load(weights, device, dtype, (double) weights.config().parameters() * dtype.bytes() > LARGEST_SHARE * device.freeBytes());
    }

    /**
     * Brings weights to a device. On the processor, mapped files of the right type serve as they are.
     *
     * @param dtype F32, or F64 for comparisons
     * @param layerByLayer whether each {@link #forward} brings one layer after the other, instead of all being there
     * @throws IOException naming the file that cannot be read
     */
    public static EsmEncoder load(EsmWeights weights, Device device, DType dtype, boolean layerByLayer) throws IOException {
        var encoder = new EsmEncoder(weights, device, dtype, layerByLayer);
        try {
            LoadedWeights loaded = new LoadedWeights(weights, encoder.parameters, dtype);
            encoder.embedding = loaded.tensor(ParameterNames.EMBEDDING);
            encoder.finalNorm = EncoderLayer.Norm.load(loaded, ParameterNames.FINAL_NORM);
            for (int i = 0; !layerByLayer && i < encoder.config.layers(); i++) {
                encoder.layers.add(EncoderLayer.load(loaded, i));
            }
            return encoder;
        } catch (IOException | RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    public EsmConfig config() {
        return config;
    }

    public Device device() {
        return device;
    }

    /**
     * The last hidden states of sequences, each as if it were alone.
     *
     * @param arena of the result, on this encoder's device
     * @param sequences tokens as {@link Alphabet#tokens} gives them
     * @return [Σ tokens, width], rows of start and end tokens included
     * @throws IOException naming the file of a layer that cannot be read
     */
    public Tensor forward(TensorArena arena, List<int[]> sequences) throws IOException {
        Packing packing = Packing.ofLengths(sequences.stream().mapToInt(tokens -> tokens.length).toArray());
        SelfAttention attention = new SelfAttention(packing, config.heads(), rotation(packing.longest()));
        work.reset();
        Tensor x = embed(arena.allocate(dtype, Shape.of(packing.total(), config.width())), sequences, packing);
        for (int i = 0; i < config.layers(); i++) {
            layer(i).forward(Tape.inference(work), x, attention, config.eps());
            work.reset();
        }
        Tensor hidden = finalNorm.forward(Tape.inference(work), x, config.eps());
        device.kernels().copy(hidden, x);
        return x;
    }

    private EncoderLayer layer(int number) throws IOException {
        if (streamed == null) {
            return layers.get(number);
        }
        streamed.reset();
        return EncoderLayer.load(new LoadedWeights(weights, streamed, dtype), number);
    }

    /** Rows of the table of tokens, none for hidden ones, scaled to what the encoder saw on average when tokens were hidden in training. */
    private Tensor embed(Tensor x, List<int[]> sequences, Packing packing) {
        int[] tokens = new int[packing.total()];
        double[] scales = new double[packing.total()];
        for (int s = 0; s < sequences.size(); s++) {
            int[] sequence = sequences.get(s);
            System.arraycopy(sequence, 0, tokens, packing.start(s), sequence.length);
            double hidden = Arrays.stream(sequence).filter(token -> token == Alphabet.MASK).count() / (double) sequence.length;
            Arrays.fill(scales, packing.start(s), packing.end(s), config.tokenDropout() ? (1 - MASKED_IN_TRAINING) / (1 - hidden) : 1);
        }
        if (config.tokenDropout()) {
            Arrays.setAll(tokens, i -> tokens[i] == Alphabet.MASK ? -1 : tokens[i]);
        }
        device.kernels().gatherRows(embedding, work.allocate(DType.I32, Shape.of(tokens.length)).set(tokens), x);
        device.kernels().multiply(x, work.allocate(dtype, Shape.of(scales.length)).set(scales), Broadcast.COLUMN, x);
        return x;
    }

    private Tensor rotation(int longest) {
        if (rotation == null || rotation.rows() < longest) {
            table.reset();
            rotation = RotaryPositions.table(table, dtype, Math.ceilDiv(longest, POSITIONS) * POSITIONS, config.width() / config.heads(), config.rotaryBase());
        }
        return rotation;
    }

    @Override
    public void close() {
        device.synchronize();
        parameters.close();
        work.close();
        table.close();
        if (streamed != null) {
            streamed.close();
        }
    }
}
