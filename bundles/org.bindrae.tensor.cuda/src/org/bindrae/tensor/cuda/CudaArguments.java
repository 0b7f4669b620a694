package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.bindrae.tensor.Tensor;

/** What a kernel takes: addresses and numbers, each in a slot of eight bytes. */
final class CudaArguments {
    private CudaArguments() {
    }

    /**
     * Throws for what a kernel cannot take.
     *
     * @param sizes bytes of each parameter, or null where they are not known
     */
    static void check(CudaKernel kernel, CudaQueue queue, int[] sizes, Object[] arguments) {
        if (sizes != null && sizes.length != arguments.length) {
            throw new IllegalArgumentException(kernel.name() + " takes " + sizes.length + " arguments, not " + arguments.length);
        }
        for (int i = 0; i < arguments.length; i++) {
            int bytes = bytes(arguments[i]);
            if (bytes == 0) {
                throw new IllegalArgumentException(kernel.name() + ": argument " + i + " is a " + arguments[i].getClass().getName()
                        + "; kernels take Tensor, MemorySegment, Integer, Long, Float and Double");
            }
            if (sizes != null && sizes[i] != bytes) {
                throw new IllegalArgumentException(kernel.name() + ": argument " + i + " has " + sizes[i] + " bytes, but "
                        + (arguments[i] == null ? "a null pointer" : arguments[i].getClass().getSimpleName()) + " has " + bytes);
            }
            if (arguments[i] instanceof Tensor tensor && !(tensor.device() instanceof CudaDevice device && device.queue() == queue)) {
                throw new IllegalArgumentException(kernel.name() + ": argument " + i + ", " + tensor + ", is memory of another device");
            }
        }
    }

    private static int bytes(Object argument) {
        return switch (argument) {
            case null -> Long.BYTES;
            case Tensor _ -> Long.BYTES;
            case MemorySegment _ -> Long.BYTES;
            case Long _ -> Long.BYTES;
            case Double _ -> Long.BYTES;
            case Integer _ -> Integer.BYTES;
            case Float _ -> Integer.BYTES;
            default -> 0;
        };
    }

    static void write(Object argument, MemorySegment target, long slot) {
        target.set(ValueLayout.JAVA_LONG, slot, bits(argument));
    }

    private static long bits(Object argument) {
        return switch (argument) {
            case null -> 0;
            case Tensor tensor -> tensor.memory().address();
            case MemorySegment segment -> segment.address();
            case Long number -> number;
            case Double number -> Double.doubleToRawLongBits(number);
            // the parameter is the first half of the slot on a little-endian machine
            case Integer number -> Integer.toUnsignedLong(number);
            case Float number -> Integer.toUnsignedLong(Float.floatToRawIntBits(number));
            default -> throw new IllegalArgumentException(String.valueOf(argument));
        };
    }
}
