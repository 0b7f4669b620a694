package org.bindrae.shell.internal;

import java.util.List;

import org.bindrae.shell.Candidates;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Models that are installed now. */
@Component
public final class ModelCandidates implements Candidates {
    private final Workbench workbench;

    @Activate
    public ModelCandidates(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Override
    public String label() {
        return "MODEL";
    }

    @Override
    public List<String> values() {
        return workbench.models().names();
    }
}
