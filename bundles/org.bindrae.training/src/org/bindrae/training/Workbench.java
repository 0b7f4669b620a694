package org.bindrae.training;

import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.InstalledBackends;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.InstalledEdgeModes;
import org.bindrae.esm.InstalledEmbedders;
import org.bindrae.esm.ResidueEmbedders;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.InstalledDevices;
import org.bindrae.tensor.Precision;
import org.bindrae.training.models.InstalledModels;
import org.bindrae.training.models.PretrainedModels;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The parts that are installed at the moment, for whoever trains or predicts. */
@Component(service = Workbench.class)
public final class Workbench {
    private final HostDevice host;
    private final Supplier<Devices> devices;
    private final Supplier<AttentionBackends> backends;
    private final Supplier<EdgeModes> edgeModes;
    private final Supplier<ResidueEmbedders> embedders;
    private final Supplier<PretrainedModels> models;

    /**
     * A device that computes products as it was asked to.
     *
     * @param dtype what its tensors hold
     */
    public record Place(Device device, DType dtype) {
    }

    @Activate
    public Workbench(@Reference HostDevice host, @Reference InstalledDevices devices, @Reference InstalledBackends backends,
            @Reference InstalledEdgeModes edgeModes, @Reference InstalledEmbedders embedders,
            @Reference InstalledModels models) {
        this(host, devices::current, backends::current, edgeModes::current, embedders::current, models::current);
    }

    /** Of parts made by hand; the suppliers are asked whenever a part is needed. */
    public Workbench(HostDevice host, Supplier<Devices> devices, Supplier<AttentionBackends> backends, Supplier<EdgeModes> edgeModes,
            Supplier<ResidueEmbedders> embedders, Supplier<PretrainedModels> models) {
        this.host = host;
        this.devices = devices;
        this.backends = backends;
        this.edgeModes = edgeModes;
        this.embedders = embedders;
        this.models = models;
    }

    /** The same with other devices to choose from. */
    public Workbench with(Supplier<Devices> others) {
        return new Workbench(host, others, backends, edgeModes, embedders, models);
    }

    /** The processor. */
    public HostDevice host() {
        return host;
    }

    public Devices devices() {
        return devices.get();
    }

    /**
     * Where a network is computed.
     *
     * @throws IllegalArgumentException if there is no such device or it cannot compute so; the message says what there is
     */
    public Place place(Compute compute) {
        compute.validate();
        Device device = devices().choose(compute.device());
        Precision precision = compute.precision(device instanceof HostDevice);
        return new Place(device.withPrecision(precision), precision.dtype());
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

    /** Trained networks that are installed. */
    public PretrainedModels models() {
        return models.get();
    }
}
