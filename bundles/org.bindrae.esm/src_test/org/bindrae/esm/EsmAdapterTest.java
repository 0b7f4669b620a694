package org.bindrae.esm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.Test;

class EsmAdapterTest {
    @Test
    void hasTheParametersOfItsSpecification() {
        try (CpuDevice device = new CpuDevice(1, false); Parameters parameters = new Parameters(device, DType.F32, 1)) {
            new EsmAdapter(parameters.scope("adapter"), 1280, 384, 0.1);
            assertEquals(492_672, parameters.count());
        }
    }

    @Test
    void normalisesBeforeTheActivation() {
        try (CpuDevice device = new CpuDevice(1, false); Parameters parameters = new Parameters(device, DType.F64, 1); TensorArena arena = device.arena()) {
            EsmAdapter adapter = new EsmAdapter(parameters, 3, 2, 0.1);
            parameters.all().get("linear.weight").set(1, 0, 0, 0, 1, 0);
            Tensor embeddings = arena.allocate(DType.F64, Shape.of(1, 3)).set(5, 3, 100);
            // (5, 3) normalised is (1, −1) up to eps, and GELU(1) = Φ(1), GELU(−1) = −Φ(−1)
            double[] adapted = adapter.forward(Tape.inference(arena), embeddings).toDoubles();
            assertEquals(0.841344746, adapted[0], 1e-5);
            assertEquals(-0.158655254, adapted[1], 1e-5);
        }
    }
}
