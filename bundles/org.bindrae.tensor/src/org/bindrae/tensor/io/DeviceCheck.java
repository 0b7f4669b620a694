package org.bindrae.tensor.io;

import java.util.List;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.osgi.annotation.versioning.ConsumerType;

/** Compares what a bundle brings to a device with the same on the processor. Registered as a service by that bundle; the command {@code selftest} runs all. */
@ConsumerType
public interface DeviceCheck {
    /** What is compared, in a word or two. */
    String subject();

    /** Whether this check is about such a device. */
    boolean applies(Device device);

    /**
     * Compares.
     *
     * @param device with the precision to check
     * @param host what it is compared with
     */
    List<VectorRow> run(Device device, HostDevice host);
}
