package org.bindrae.attention;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The backends that nobody is to use any more because of what they did, until a {@link BackendCheck} finds nothing wrong with them. They go by identity: a bundle
 * that is started anew or updated brings a new one, which is in service. Any thread may ask and tell.
 */
public final class OutOfService {
    private final Map<AttentionBackend, Fault> faults = new IdentityHashMap<>();

    /**
     * Why a backend is out of service.
     *
     * @param reason completes the sentence "the backend is out of service because it …"
     */
    public record Fault(Instant since, String reason) {
        @Override
        public String toString() {
            return "out of service because it " + reason;
        }
    }

    /** Takes a backend out of service; the first fault is kept. */
    public synchronized void add(AttentionBackend backend, String reason) {
        faults.putIfAbsent(backend, new Fault(Instant.now(), reason));
    }

    /** What to say of a backend that threw something. */
    public static String threw(Throwable thrown) {
        return "threw " + thrown.toString().strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Puts a backend back into service. */
    public synchronized void remove(AttentionBackend backend) {
        faults.remove(backend);
    }

    /** Empty for a backend in service. */
    public synchronized Optional<Fault> fault(AttentionBackend backend) {
        return Optional.ofNullable(faults.get(backend));
    }

    /** Forgets backends that are not there any more. */
    synchronized void retain(Collection<AttentionBackend> installed) {
        if (!faults.isEmpty()) {
            Set<AttentionBackend> there = Collections.newSetFromMap(new IdentityHashMap<>());
            there.addAll(installed);
            faults.keySet().retainAll(there);
        }
    }
}
