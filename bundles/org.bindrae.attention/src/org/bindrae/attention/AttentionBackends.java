package org.bindrae.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;

/**
 * The choice among backends: a name means that one or an error, {@link #AUTO} the first of the list that declares itself able.
 *
 * @param ranked best first
 */
public record AttentionBackends(List<AttentionBackend> ranked) {
    /** Takes the best backend that can. */
    public static final String AUTO = "auto";

    /** A backend and what it says of a layer. */
    public record Assessment(AttentionBackend backend, Support support) {
        @Override
        public String toString() {
            return backend.name() + ": " + (support.ok() ? "able" : support.reason());
        }
    }

    /**
     * The backend to use.
     *
     * @param reason why this one, and why not those ranked above it, for the log
     */
    public record Choice(AttentionBackend backend, String reason) {
    }

    public AttentionBackends {
        ranked = List.copyOf(ranked);
    }

    /** What every backend says of a layer of these sizes, best first. */
    public List<Assessment> assess(IpaConfig config, Device device, DType dtype) {
        return ranked.stream().map(backend -> new Assessment(backend, backend.check(config, config.pairForm(), device, dtype))).toList();
    }

    /**
     * Chooses for a layer of these sizes.
     *
     * @param name of a backend, or {@link #AUTO}
     * @throws IllegalArgumentException if no backend has that name
     * @throws IllegalStateException if the named backend, or every backend, is unable; the message says why
     */
    public Choice choose(String name, IpaConfig config, Device device, DType dtype) {
        List<Assessment> all = assess(config, device, dtype);
        return name.equals(AUTO) ? best(all) : named(name, all);
    }

    private static Choice best(List<Assessment> all) {
        List<Assessment> passedOver = new ArrayList<>();
        for (Assessment assessment : all) {
            if (assessment.support().ok()) {
                return new Choice(assessment.backend(), passedOver.isEmpty() ? "the highest-ranked backend" : "not " + listed(passedOver));
            }
            passedOver.add(assessment);
        }
        throw new IllegalStateException(all.isEmpty() ? "no attention backend is installed" : "no attention backend can run this model: " + listed(all));
    }

    private static Choice named(String name, List<Assessment> all) {
        Assessment assessment = all.stream().filter(a -> a.backend().name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "no attention backend is called '" + name + "'; installed are " + all.stream().map(a -> a.backend().name()).collect(Collectors.joining(", "))
                        + ", or say " + AUTO));
        if (!assessment.support().ok()) {
            throw new IllegalStateException("attention backend " + assessment + "; choose another one or " + AUTO);
        }
        return new Choice(assessment.backend(), "asked for");
    }

    private static String listed(List<Assessment> assessments) {
        return assessments.stream().map(Assessment::toString).collect(Collectors.joining("; "));
    }
}
