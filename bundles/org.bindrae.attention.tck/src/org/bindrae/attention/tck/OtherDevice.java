package org.bindrae.attention.tck;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** A device that nobody has heard of, to ask backends about. */
final class OtherDevice implements Device {
    @Override
    public String name() {
        return "other:0";
    }

    @Override
    public String description() {
        return "a device that computes nothing";
    }

    @Override
    public Device withPrecision(Precision precision) {
        return this;
    }

    @Override
    public Precision precision() {
        return Precision.FP32;
    }

    @Override
    public TensorArena arena() {
        throw new UnsupportedOperationException(description());
    }

    @Override
    public Kernels kernels() {
        throw new UnsupportedOperationException(description());
    }

    @Override
    public <T> T operations(Class<T> type) {
        throw new UnsupportedOperationException(description());
    }

    @Override
    public void upload(MemorySegment host, Tensor target) {
        throw new UnsupportedOperationException(description());
    }

    @Override
    public void download(Tensor source, MemorySegment host) {
        throw new UnsupportedOperationException(description());
    }

    @Override
    public void synchronize() {
        // nothing runs
    }
}
