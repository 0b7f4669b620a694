package org.bindrae.tensor;

import java.util.List;

/** What people are told about the devices of one kind on this machine. Registered as a service by the bundle that looks for them. */
public interface DeviceStatus {
    /** One line for each device that could not be used or works in a slower way than it could, and why. */
    List<String> problems();

    /** What is good to know but nothing to mend: one line that says why there is no device, on a machine that has none. */
    List<String> notes();
}
