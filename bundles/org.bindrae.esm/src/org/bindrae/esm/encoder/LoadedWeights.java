package org.bindrae.esm.encoder;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.StoredArray;

/** Brings parameters to a device: on the processor the mapped file itself serves where its numbers are of the right type. */
record LoadedWeights(EsmWeights weights, TensorArena arena, DType dtype) {
    Tensor tensor(String name) throws IOException {
        StoredArray array = weights.array(name);
        MemorySegment data = array.data();
        if (arena.device() instanceof HostDevice && array.type() == ElementType.of(dtype) && data.isNative() && data.address() % dtype.bytes() == 0) {
            return Tensor.wrap(arena.device(), dtype, array.shape(), data);
        }
        Tensor tensor = arena.allocate(dtype, array.shape());
        array.copyTo(tensor);
        return tensor;
    }
}
