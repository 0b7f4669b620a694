package org.bindrae.esm.encoder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Embeds sequences of any length with an encoder. Used by one thread at a time. */
public final class SequenceEncoder {
    /** Tokens of a batch at most, unless a window alone has more. */
    public static final int BATCH_TOKENS = 8192;

    private final EsmEncoder encoder;

    private record Part(int sequence, Window window, int[] tokens) {
    }

    /** @param encoder stays the caller's, to be closed */
    public SequenceEncoder(EsmEncoder encoder) {
        this.encoder = encoder;
    }

    /**
     * The last hidden states of sequences, without start and end token; those of sequences longer than the model takes in overlapping windows.
     *
     * @return [residues, width] each
     * @throws IllegalArgumentException naming a letter that is none
     * @throws IOException when a file of the weights cannot be read, or they give numbers that are not finite
     */
    public List<float[]> encode(List<String> sequences) throws IOException {
        int width = encoder.config().width();
        List<float[]> results = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        for (String sequence : sequences) {
            for (Window window : Window.over(sequence.length(), encoder.config().longest())) {
                parts.add(new Part(results.size(), window, Alphabet.tokens(sequence.substring(window.from(), window.to()))));
            }
            results.add(new float[Math.multiplyExact(sequence.length(), width)]);
        }
        try (TensorArena arena = encoder.device().arena()) {
            for (int from = 0, to; from < parts.size(); from = to) {
                long tokens = parts.get(from).tokens.length;
                for (to = from + 1; to < parts.size() && tokens + parts.get(to).tokens.length <= BATCH_TOKENS; to++) {
                    tokens += parts.get(to).tokens.length;
                }
                encode(arena, parts.subList(from, to), results);
                arena.reset();
            }
        }
        return results;
    }

    private void encode(TensorArena arena, List<Part> parts, List<float[]> results) throws IOException {
        Tensor hidden = encoder.forward(arena, parts.stream().map(Part::tokens).toList());
        if (!encoder.device().kernels().allFinite(hidden)) {
            throw new IOException("the language model gives numbers that are not finite; its weights are damaged");
        }
        int width = encoder.config().width();
        float[] rows = hidden.toFloats();
        int start = 0;
        for (Part part : parts) {
            Window window = part.window;
            // row 0 is the start token
            int first = start + 1 + window.keepFrom() - window.from();
            System.arraycopy(rows, first * width, results.get(part.sequence), window.keepFrom() * width, (window.keepTo() - window.keepFrom()) * width);
            start += part.tokens.length;
        }
    }
}
