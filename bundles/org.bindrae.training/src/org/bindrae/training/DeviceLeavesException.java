package org.bindrae.training;

import org.bindrae.tensor.Device;

/** The device that a run is computed on is about to go away: the run has to take its leave. */
final class DeviceLeavesException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private DeviceLeavesException() {
        super("the device goes away");
    }

    /** Fails if the device wants its lease back. */
    static void check(Device.Lease lease) {
        if (lease.revoked()) {
            throw new DeviceLeavesException();
        }
    }
}
