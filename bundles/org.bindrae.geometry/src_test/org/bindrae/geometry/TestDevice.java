package org.bindrae.geometry;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** The least of a host device: memory, threads, and of the kernels only {@code fill}, for geometric operations need no others. */
record TestDevice(int threads) implements HostDevice {

    @Override
    public String name() {
        return "test";
    }

    @Override
    public String description() {
        return "test with " + threads + " threads";
    }

    @Override
    public TensorArena arena() {
        return new HeapArena(this);
    }

    @Override
    public Kernels kernels() {
        Class<?>[] type = {Kernels.class};
        return (Kernels) Proxy.newProxyInstance(getClass().getClassLoader(), type, (proxy, method, arguments) -> {
            if (!method.getName().equals("fill")) {
                throw new UnsupportedOperationException(method.getName());
            }
            Tensor tensor = (Tensor) arguments[0];
            for (long i = 0; i < tensor.size(); i++) {
                tensor.dtype().set(tensor.memory(), i, (double) arguments[1]);
            }
            return null;
        });
    }

    @Override
    public void upload(MemorySegment host, Tensor target) {
        MemorySegment.copy(host, 0, target.memory(), 0, target.bytes());
    }

    @Override
    public void download(Tensor source, MemorySegment host) {
        MemorySegment.copy(source.memory(), 0, host, 0, source.bytes());
    }

    @Override
    public void synchronize() {
        // everything has run when a call returns
    }

    @Override
    public void parallel(int count, int grain, Range body) {
        int chunks = (count + grain - 1) / grain;
        CountDownLatch done = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int thread = t;
            Thread.ofVirtual().start(() -> {
                // backwards, so that an operation that relies on an order shows it
                for (int chunk = chunks - 1; chunk >= 0; chunk--) {
                    if (chunk % threads == thread) {
                        body.run(chunk * grain, Math.min(count, (chunk + 1) * grain));
                    }
                }
                done.countDown();
            });
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record HeapArena(TestDevice device) implements TensorArena {
        @Override
        public Tensor allocate(DType dtype, Shape shape) {
            return Tensor.wrap(device, dtype, shape, Arena.ofAuto().allocate(Math.max(1, shape.size() * dtype.bytes()), 64));
        }

        @Override
        public void reset() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long used() {
            return 0;
        }

        @Override
        public long peak() {
            return 0;
        }

        @Override
        public void close() {
            // memory goes with its tensors
        }
    }
}
