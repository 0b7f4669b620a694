package org.bindrae.shell.internal;

import java.util.List;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.shell.Candidates;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Attention backends that are installed now. */
@Component
public final class BackendCandidates implements Candidates {
    private final Workbench workbench;

    @Activate
    public BackendCandidates(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Override
    public String label() {
        return "BACKEND";
    }

    @Override
    public List<String> values() {
        return Stream.concat(Stream.of(AttentionBackends.AUTO), workbench.backends().ranked().stream().map(ranked -> ranked.backend().name())).toList();
    }
}
