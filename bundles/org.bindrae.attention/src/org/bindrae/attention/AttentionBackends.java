package org.bindrae.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;

/**
 * The choice among backends: a name means that one or an error, {@link #AUTO} the first of the list that declares itself able and is in service.
 *
 * @param ranked best first
 * @param outOfService those not to be chosen
 */
public record AttentionBackends(List<Ranked> ranked, OutOfService outOfService) {
    /** Takes the best backend that can. */
    public static final String AUTO = "auto";

    /**
     * A backend that is installed.
     *
     * @param ranking its {@code service.ranking}
     */
    public record Ranked(AttentionBackend backend, int ranking) {
    }

    /**
     * A backend, what it says of a layer, and whether it may be used at all.
     *
     * @param fault empty for one that is in service
     */
    public record Assessment(AttentionBackend backend, int ranking, Support support, Optional<OutOfService.Fault> fault) {
        /** Whether it may be chosen. */
        public boolean usable() {
            return support.ok() && fault.isEmpty();
        }

        @Override
        public String toString() {
            return backend.name() + ": " + (support.ok() ? fault.map(OutOfService.Fault::toString).orElse("able") : support.reason());
        }
    }

    /**
     * The backend to use.
     *
     * @param reason why this one, and why not those ranked above it, for the log
     * @param outOfService where a user tells that the backend does not work
     */
    public record Choice(AttentionBackend backend, String reason, OutOfService outOfService) {
        /** A backend that nobody else chooses. */
        public Choice(AttentionBackend backend, String reason) {
            this(backend, reason, new OutOfService());
        }

        /** The same, as long as it is in service: IllegalStateException otherwise. */
        public Choice require() {
            outOfService.fault(backend).ifPresent(fault -> {
                throw new IllegalStateException("attention backend " + backend.name() + ": " + fault);
            });
            return this;
        }
    }

    public AttentionBackends {
        ranked = List.copyOf(ranked);
    }

    /** Backends made by hand, best first; all are in service. */
    public static AttentionBackends of(AttentionBackend... backends) {
        List<Ranked> ranked = new ArrayList<>();
        for (AttentionBackend backend : backends) {
            ranked.add(new Ranked(backend, 0));
        }
        return new AttentionBackends(ranked, new OutOfService());
    }

    /** What every backend says of a layer of these sizes, best first. */
    public List<Assessment> assess(IpaConfig config, Device device, DType dtype) {
        return ranked.stream().map(r -> new Assessment(r.backend, r.ranking, support(r.backend, config, device, dtype), outOfService.fault(r.backend)))
                .toList();
    }

    /** One that cannot even tell must not keep others from being chosen. */
    private static Support support(AttentionBackend backend, IpaConfig config, Device device, DType dtype) {
        try {
            return backend.check(config, config.pairForm(), device, dtype);
        } catch (RuntimeException | LinkageError e) {
            return Support.no("it does not say whether it can: its check " + OutOfService.threw(e));
        }
    }

    /**
     * What the backend of this name says of a layer of these sizes.
     *
     * @throws IllegalArgumentException if there is none, naming those that are there
     */
    public Assessment assess(String name, IpaConfig config, Device device, DType dtype) {
        List<Assessment> all = assess(config, device, dtype);
        return all.stream().filter(a -> a.backend().name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "no attention backend is called '" + name + "'; installed are " + all.stream().map(a -> a.backend().name()).collect(Collectors.joining(", "))
                        + ", or say " + AUTO));
    }

    /**
     * Chooses for a layer of these sizes.
     *
     * @param name of a backend, or {@link #AUTO}
     * @throws IllegalArgumentException if no backend has that name
     * @throws IllegalStateException if the named backend, or every backend, is unable or out of service; the message says why
     */
    public Choice choose(String name, IpaConfig config, Device device, DType dtype) {
        return name.equals(AUTO) ? best(assess(config, device, dtype)) : forced(assess(name, config, device, dtype));
    }

    private Choice best(List<Assessment> all) {
        List<Assessment> passedOver = new ArrayList<>();
        for (Assessment assessment : all) {
            if (assessment.usable()) {
                return new Choice(assessment.backend(), passedOver.isEmpty() ? "the highest-ranked backend" : "not " + listed(passedOver), outOfService);
            }
            passedOver.add(assessment);
        }
        throw new IllegalStateException(all.isEmpty() ? "no attention backend is installed" : "no attention backend can run this model: " + listed(all));
    }

    private Choice forced(Assessment assessment) {
        if (!assessment.usable()) {
            throw new IllegalStateException("attention backend " + assessment + "; choose another one or " + AUTO);
        }
        return new Choice(assessment.backend(), "asked for", outOfService);
    }

    private static String listed(List<Assessment> assessments) {
        return assessments.stream().map(Assessment::toString).collect(Collectors.joining("; "));
    }
}
