package org.bindrae.training;

import java.util.function.Supplier;

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
    private final Supplier<AttentionBackends> backends;
    private final Supplier<EdgeModes> edgeModes;
    private final Supplier<ResidueEmbedders> embedders;

    @Activate
    public Workbench(@Reference HostDevice device, @Reference InstalledBackends backends, @Reference InstalledEdgeModes edgeModes,
            @Reference InstalledEmbedders embedders) {
        this(device, backends::current, edgeModes::current, embedders::current);
    }

    /** Of parts made by hand; the suppliers are asked whenever a part is needed. */
    public Workbench(HostDevice device, Supplier<AttentionBackends> backends, Supplier<EdgeModes> edgeModes, Supplier<ResidueEmbedders> embedders) {
        this.device = device;
        this.backends = backends;
        this.edgeModes = edgeModes;
        this.embedders = embedders;
    }

    public HostDevice device() {
        return device;
    }

    public AttentionBackends backends() {
        return backends.get();
    }

    public EdgeModes edgeModes() {
        return edgeModes.get();
    }

    public ResidueEmbedders embedders() {
        return embedders.get();
    }
}
