package org.bindrae.training;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.InstalledBackends;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.InstalledEdgeModes;
import org.bindrae.esm.InstalledEmbedders;
import org.bindrae.esm.ResidueEmbedders;
import org.bindrae.tensor.HostDevice;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The parts that are installed at the moment, for whoever trains or predicts. */
@Component(service = Workbench.class)
public final class Workbench {
    private final HostDevice device;
    private final InstalledBackends backends;
    private final InstalledEdgeModes edgeModes;
    private final InstalledEmbedders embedders;

    @Activate
    public Workbench(@Reference HostDevice device, @Reference InstalledBackends backends, @Reference InstalledEdgeModes edgeModes, @Reference InstalledEmbedders embedders) {
        this.device = device;
        this.backends = backends;
        this.edgeModes = edgeModes;
        this.embedders = embedders;
    }

    public HostDevice device() {
        return device;
    }

    public AttentionBackends backends() {
        return backends.current();
    }

    public EdgeModes edgeModes() {
        return edgeModes.current();
    }

    public ResidueEmbedders embedders() {
        return embedders.current();
    }
}
