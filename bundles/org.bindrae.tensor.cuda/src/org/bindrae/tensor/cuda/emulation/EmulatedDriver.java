package org.bindrae.tensor.cuda.emulation;

import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;

/** Runs kernels compiled for the processor; device memory is host memory. */
public final class EmulatedDriver {
    private EmulatedDriver() {
    }

    /**
     * A device named {@code cuda:0} with these operations.
     *
     * @throws IllegalStateException if the emulator's library is not there; the message says what to build
     */
    public static CudaDevice device(Precision precision, CudaOperations<?>... operations) {
        throw new IllegalStateException(precision + " of " + operations.length);
    }
}
