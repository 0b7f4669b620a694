package org.bindrae.shell.internal;

import java.util.List;

import org.bindrae.shell.Candidates;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Completes jobs by their ids. */
@Component
public final class JobCandidates implements Candidates {
    private final Jobs jobs;

    @Activate
    public JobCandidates(@Reference Jobs jobs) {
        this.jobs = jobs;
    }

    @Override
    public String label() {
        return "JOB";
    }

    @Override
    public List<String> values() {
        return jobs.list().stream().map(Job::id).toList();
    }
}
