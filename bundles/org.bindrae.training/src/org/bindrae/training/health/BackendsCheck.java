package org.bindrae.training.health;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.BackendCheck;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.OutOfService;
import org.bindrae.health.Finding;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.WorkbenchConfig;

/** Whether the attention backends can run the default model, are in service, and compute what they should; changes nothing about their service. */
final class BackendsCheck {
    private static final String REFERENCE = "reference";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Workbench workbench;
    private final WorkbenchConfig config = WorkbenchConfig.defaults();
    private final IpaConfig sizes;

    BackendsCheck(Workbench workbench) {
        this.workbench = workbench;
        this.sizes = config.model().ipaConfig(workbench.edgeModes().named(config.model().edge().mode()));
    }

    List<Finding> check() throws InterruptedException {
        Workbench.Place place = workbench.place(config.compute());
        List<AttentionBackends.Assessment> all = workbench.backends().assess(sizes, place.device(), place.dtype());
        List<Finding> findings = new ArrayList<>();
        for (AttentionBackends.Assessment assessment : all) {
            findings.add(of(assessment, place));
        }
        if (all.stream().noneMatch(AttentionBackends.Assessment::usable)) {
            findings.add(Finding.failed("attention", "no backend can run the default model", "install and start the bundle org.bindrae.attention.cpu"));
        }
        return findings;
    }

    private Finding of(AttentionBackends.Assessment assessment, Workbench.Place place) throws InterruptedException {
        String name = assessment.backend().name();
        String subject = "attention " + name;
        if (!assessment.support().ok()) {
            return Finding.note(subject, assessment.support().reason());
        }
        if (assessment.fault().isPresent()) {
            return Finding.warning(subject, assessment.fault().get().toString(), "backend check " + name + " brings it back when it passes");
        }
        Optional<AttentionReference> reference = reference();
        if (reference.isEmpty()) {
            return Finding.note(subject, "able to run the default model; not tested, because there is no backend " + REFERENCE + " to compare it with");
        }
        BackendCheck.Result result = new BackendCheck(assessment.backend(), place.device(), place.dtype(), reference.get(), LIMIT).run(sizes,
                new OutOfService());
        return result.fault().map(fault -> Finding.warning(subject, "its self-test failed: it " + fault.reason(),
                "choose another with attention.backend, and report it to those who made it"))
                .orElseGet(() -> Finding.ok(subject, "able to run the default model, self-test passed on " + place.device().name()));
    }

    private Optional<AttentionReference> reference() {
        HostDevice host = workbench.host();
        return workbench.backends().assess(sizes, host, DType.F64).stream().filter(a -> a.backend().name().equals(REFERENCE) && a.usable()).findFirst()
                .map(a -> new AttentionReference(a.backend(), host));
    }
}
