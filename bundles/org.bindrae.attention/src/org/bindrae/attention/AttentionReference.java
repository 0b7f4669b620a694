package org.bindrae.attention;

import java.util.IdentityHashMap;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;

/** What a backend that is exact in double precision gives for trials: each is computed once, however many others are compared with it. */
public final class AttentionReference {
    private final AttentionBackend backend;
    private final Device host;
    private final Map<AttentionTrial, Map<String, double[]>> results = new IdentityHashMap<>();
    private Map<String, AttentionTrial> trials;

    /** @param backend exact on {@code host} */
    public AttentionReference(AttentionBackend backend, Device host) {
        this.backend = backend;
        this.host = host;
    }

    /** Those of {@link AttentionCheck#run}, by their names. */
    Map<String, AttentionTrial> trials() {
        if (trials == null) {
            trials = AttentionCheck.trials();
        }
        return trials;
    }

    /** As {@link AttentionTrial#run}. */
    Map<String, double[]> of(AttentionTrial trial) {
        return results.computeIfAbsent(trial, missing -> Map.copyOf(missing.run(backend, host, DType.F64)));
    }
}
