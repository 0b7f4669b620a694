package org.bindrae.edge;

import java.util.List;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The edge modes that are installed at the moment. */
@Component(service = InstalledEdgeModes.class)
public final class InstalledEdgeModes {
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<EdgeMode> services = List.of();

    public EdgeModes current() {
        return new EdgeModes(services);
    }
}
