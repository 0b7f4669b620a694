package org.bindrae.esm.encoder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.Timing;

/** How long an encoder of random weights takes, beside the matrix products of its linear maps alone. */
public final class EsmBenchmark {
    private final EsmConfig config;
    private final Device device;
    private final DType dtype;

    public EsmBenchmark(EsmConfig config, Device device, DType dtype) {
        this.config = config;
        this.device = device;
        this.dtype = dtype;
    }

    /**
     * Times.
     *
     * @param encoder of a forward pass
     * @param products of its linear maps, one after the other, without biases
     * @param gigaFlop multiplications and additions of these, 10⁹
     */
    public record Result(Timing encoder, Timing products, double gigaFlop) {
    }

    /** Times sequences of one length: all residues alanine, whose embeddings take as long as any. */
    public Result run(int batch, int residues) throws IOException {
        List<int[]> sequences = Collections.nCopies(batch, Alphabet.tokens("A".repeat(residues)));
        int rows = batch * sequences.getFirst().length;
        try (EsmEncoder encoder = EsmEncoder.load(new RandomWeights(config, 1), device, dtype); TensorArena arena = device.arena()) {
            Timing forward = Timing.of(device, _ -> {
                arena.reset();
                try {
                    encoder.forward(arena, sequences);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            return new Result(forward, products(rows), 2e-9 * rows * config.layers() * config.width() * (4.0 * config.width() + 2.0 * config.intermediate()));
        }
    }

    private Timing products(int rows) {
        try (TensorArena arena = device.arena()) {
            int width = config.width();
            int wide = config.intermediate();
            // weights of several layers, so that they are not in a cache
            int layers = Math.min(4, config.layers());
            List<Tensor> square = new ArrayList<>();
            List<Tensor> inner = new ArrayList<>();
            List<Tensor> outer = new ArrayList<>();
            for (int i = 0; i < layers; i++) {
                square.add(arena.zeros(dtype, Shape.of(4 * width, width)));
                inner.add(arena.zeros(dtype, Shape.of(wide, width)));
                outer.add(arena.zeros(dtype, Shape.of(width, wide)));
            }
            Tensor x = arena.zeros(dtype, Shape.of(rows, width));
            Tensor y = arena.zeros(dtype, Shape.of(rows, width));
            Tensor hidden = arena.zeros(dtype, Shape.of(rows, wide));
            return Timing.of(device, _ -> {
                for (int i = 0; i < config.layers(); i++) {
                    for (int part = 0; part < 4; part++) {
                        device.kernels().gemm(false, true, rows, width, width, 1, Matrix.of(x),
                                new Matrix(square.get(i % layers), (long) part * width * width, width),
                                0, Matrix.of(y));
                    }
                    device.kernels().linear(x, inner.get(i % layers), null, hidden);
                    device.kernels().linear(hidden, outer.get(i % layers), null, y);
                }
            });
        }
    }
}
