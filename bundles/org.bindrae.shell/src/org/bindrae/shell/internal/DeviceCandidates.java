package org.bindrae.shell.internal;

import java.util.List;
import java.util.stream.Stream;

import org.bindrae.shell.Candidates;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Devices that are there now. */
@Component
public final class DeviceCandidates implements Candidates {
    private final Workbench workbench;

    @Activate
    public DeviceCandidates(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Override
    public String label() {
        return "DEVICE";
    }

    @Override
    public List<String> values() {
        return Stream.concat(Stream.of(Devices.AUTO), workbench.devices().ranked().stream().map(Device::name)).toList();
    }
}
