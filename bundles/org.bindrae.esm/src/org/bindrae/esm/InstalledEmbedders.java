package org.bindrae.esm;

import java.util.List;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The sources of embeddings that are installed at the moment. */
@Component(service = InstalledEmbedders.class)
public final class InstalledEmbedders {
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<ResidueEmbedder> services = List.of();

    public ResidueEmbedders current() {
        return new ResidueEmbedders(services);
    }
}
