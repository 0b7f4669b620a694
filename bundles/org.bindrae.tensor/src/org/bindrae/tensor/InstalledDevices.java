package org.bindrae.tensor;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

import org.osgi.service.component.annotations.CollectionType;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The devices that are there at the moment: they come and go with their bundles. */
@Component(service = InstalledDevices.class)
public final class InstalledDevices {
    private static final String RANKING = "service.ranking";

    @Reference(service = Device.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            collectionType = CollectionType.TUPLE)
    private volatile List<Map.Entry<Map<String, Object>, Device>> services = List.of();

    /** Highest {@code service.ranking} first, by name among equals. */
    public Devices current() {
        return new Devices(services.stream().sorted(Comparator.<Map.Entry<Map<String, Object>, Device>>comparingInt(e -> -ranking(e.getKey()))
                .thenComparing(e -> e.getValue().name())).map(Map.Entry::getValue).toList());
    }

    private static int ranking(Map<String, Object> properties) {
        return properties.get(RANKING) instanceof Integer ranking ? ranking : 0;
    }
}
