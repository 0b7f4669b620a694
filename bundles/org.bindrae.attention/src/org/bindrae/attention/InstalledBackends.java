package org.bindrae.attention;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

import org.osgi.service.component.annotations.CollectionType;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The backends that are installed at the moment, and which of them are out of service. Ask again at each step: they come and go while the workbench runs. */
@Component(service = InstalledBackends.class)
public final class InstalledBackends {
    private static final String RANKING = "service.ranking";
    private static final String ID = "service.id";

    private final OutOfService outOfService = new OutOfService();

    @Reference(service = AttentionBackend.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            collectionType = CollectionType.TUPLE)
    private volatile List<Map.Entry<Map<String, Object>, AttentionBackend>> services = List.of();

    /** Highest ranking first, the earlier registered first among equals. */
    public AttentionBackends current() {
        List<AttentionBackends.Ranked> ranked = services.stream()
                .sorted(Comparator.<Map.Entry<Map<String, Object>, AttentionBackend>>comparingInt(e -> -ranking(e.getKey()))
                        .thenComparingLong(e -> id(e.getKey())))
                .map(e -> new AttentionBackends.Ranked(e.getValue(), ranking(e.getKey()))).toList();
        outOfService.retain(ranked.stream().map(AttentionBackends.Ranked::backend).toList());
        return new AttentionBackends(ranked, outOfService);
    }

    private static int ranking(Map<String, Object> properties) {
        return properties.get(RANKING) instanceof Integer ranking ? ranking : 0;
    }

    private static long id(Map<String, Object> properties) {
        return properties.get(ID) instanceof Long id ? id : Long.MAX_VALUE;
    }
}
