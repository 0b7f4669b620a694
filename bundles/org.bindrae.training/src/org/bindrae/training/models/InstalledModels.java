package org.bindrae.training.models;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

import org.osgi.service.component.annotations.CollectionType;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The models that are installed at the moment. */
@Component(service = InstalledModels.class)
public final class InstalledModels {
    private static final String RANKING = "service.ranking";
    private static final String ID = "service.id";

    @Reference(service = PretrainedModel.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            collectionType = CollectionType.TUPLE)
    private volatile List<Map.Entry<Map<String, Object>, PretrainedModel>> services = List.of();

    /** Highest ranking first, the earlier registered first among equals. */
    public PretrainedModels current() {
        return new PretrainedModels(services.stream()
                .sorted(Comparator.<Map.Entry<Map<String, Object>, PretrainedModel>>comparingInt(e -> -ranking(e.getKey()))
                        .thenComparingLong(e -> id(e.getKey())))
                .map(Map.Entry::getValue).toList());
    }

    private static int ranking(Map<String, Object> properties) {
        return properties.get(RANKING) instanceof Integer ranking ? ranking : 0;
    }

    private static long id(Map<String, Object> properties) {
        return properties.get(ID) instanceof Long id ? id : Long.MAX_VALUE;
    }
}
