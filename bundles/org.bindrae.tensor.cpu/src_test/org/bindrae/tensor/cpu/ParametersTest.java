package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.SafetensorsException;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.bindrae.tensor.nn.Embedding;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParametersTest {
    @TempDir
    Path folder;

    private CpuDevice device;
    private Parameters parameters;

    @BeforeEach
    void create() {
        device = new CpuDevice(1, true);
        parameters = model(DType.F32);
    }

    @AfterEach
    void close() {
        parameters.close();
        device.close();
    }

    private Parameters model(DType type) {
        var model = new Parameters(device, type, 5);
        new Linear(model.scope("block.linear"), 3, 4);
        new LayerNorm(model.scope("block.norm"), 4);
        new Embedding(model.scope("embedding"), 6, 2);
        model.scope("gate").buffer("warmup", Shape.of(), 0.25);
        return model;
    }

    @Test
    void namesAreJoinedAndCountsLeaveBuffersOut() {
        assertEquals(List.of("block.linear.weight", "block.linear.bias", "block.norm.weight", "block.norm.bias", "embedding.weight", "gate.warmup"),
                List.copyOf(parameters.all().keySet()));
        assertEquals(5, parameters.trainable().size());
        assertEquals(12 + 4 + 4 + 4 + 12, parameters.count());
        assertEquals(24, parameters.count("block."));
        assertFalse(parameters.all().get("gate.warmup").requiresGradient());
        assertThrows(IllegalStateException.class, () -> parameters.create("embedding.weight", Shape.of(1), Initializer.ZEROS));
        assertThrows(IllegalStateException.class, () -> parameters.buffer("embedding.weight", Shape.of(1), 1));
    }

    @Test
    void initialValuesDependOnSeedAndNameOnly() {
        try (Parameters other = new Parameters(device, DType.F32, 5)) {
            new Embedding(other.scope("embedding"), 6, 2);
            new Linear(other.scope("block.linear"), 3, 4);
            assertArrayEquals(parameters.all().get("block.linear.weight").toFloats(), other.all().get("block.linear.weight").toFloats());
        }
        try (Parameters other = new Parameters(device, DType.F32, 6)) {
            new Linear(other.scope("block.linear"), 3, 4);
            assertTrue(parameters.all().get("block.linear.weight").toFloats()[0] != other.all().get("block.linear.weight").toFloats()[0]);
        }
    }

    @Test
    void whatWasSavedIsLoaded() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        for (Tensor tensor : parameters.all().values()) {
            tensor.set(DoubleStream.iterate(0.1, x -> x + 1).limit(tensor.size()).toArray());
        }
        new SafetensorsWriter().addAll(parameters.all()).write(file);
        for (DType type : List.of(DType.F32, DType.F64)) {
            try (Parameters loaded = model(type)) {
                loaded.load(SafetensorsFile.read(file));
                parameters.all().forEach((name, tensor) -> assertArrayEquals(tensor.toFloats(), loaded.all().get(name).toFloats()));
            }
        }
    }

    @Test
    void everythingThatDoesNotFitIsToldAtOnceAndNothingIsOverwritten() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        var writer = new SafetensorsWriter();
        parameters.all().forEach((name, tensor) -> {
            if (name.startsWith("block.norm")) {
                writer.add(name, StoredArray.of(Shape.of(4, 1), new float[4]));
            } else if (name.startsWith("embedding")) {
                writer.add(name, StoredArray.of(Shape.of(6, 2), new int[12]));
            } else if (!name.startsWith("gate")) {
                writer.add(name, StoredArray.of(tensor.shape(), new float[(int) tensor.size()]));
            }
        });
        for (int i = 0; i < 6; i++) {
            writer.add("other" + i, StoredArray.of(Shape.of(), 1f));
        }
        writer.write(file);
        float[] before = parameters.all().get("block.linear.weight").toFloats();
        var fault = assertThrows(SafetensorsException.class, () -> parameters.load(SafetensorsFile.read(file)));
        assertEquals(file + ": these are not the arrays that the model needs: missing \"gate.warmup\"; different \"block.norm.weight ([4×1] for [4])\", "
                + "\"block.norm.bias ([4×1] for [4])\", \"embedding.weight (I32 for F32)\"; unknown \"other0\", \"other1\", \"other2\", \"other3\" and 2 more",
                fault.getMessage());
        assertArrayEquals(before, parameters.all().get("block.linear.weight").toFloats());
    }

    @Test
    void gradientsHaveANormAndAreForgotten() {
        parameters.trainable().values().forEach(t -> device.kernels().fill(t.gradient(), 2));
        assertEquals(2 * Math.sqrt(36), parameters.gradientNorm(), 1e-12);
        parameters.zeroGradients();
        assertEquals(0, parameters.gradientNorm());
        assertNull(parameters.all().get("gate.warmup").gradient());
    }

    @Test
    void anEmbeddingLooksRowsUpAndCollectsTheirGradients() {
        try (Parameters table = new Parameters(device, DType.F64, 1); TensorArena arena = device.arena()) {
            Embedding embedding = new Embedding(table, 3, 2);
            embedding.weight().set(1.0, 2, 3, 4, 5, 6);
            Tape tape = Tape.recording(arena);
            Tensor rows = embedding.forward(tape, tape.indices(2, -1, 2));
            assertArrayEquals(new double[] {5, 6, 0, 0, 5, 6}, rows.toDoubles());
            tape.backward(Ops.weightedSum(tape, rows, null));
            assertArrayEquals(new double[] {0, 0, 0, 0, 2, 2}, embedding.weight().gradient().toDoubles());
        }
    }
}
