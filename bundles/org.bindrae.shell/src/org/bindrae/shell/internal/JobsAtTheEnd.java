package org.bindrae.shell.internal;

import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.Jobs;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Stops what still runs when the workbench comes to its end, before its bundles stop, and says so: how soon the process ends depends on the steps under way. */
@Component(service = {})
public final class JobsAtTheEnd implements SynchronousBundleListener {
    private final Jobs jobs;
    private final BundleContext bundles;

    @Activate
    public JobsAtTheEnd(@Reference Jobs jobs, BundleContext bundles) {
        this.jobs = jobs;
        this.bundles = bundles;
        bundles.addBundleListener(this);
    }

    @Deactivate
    void deactivate() {
        bundles.removeBundleListener(this);
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
            stop(jobs, System.err);
        }
    }

    static void stop(Jobs jobs, PrintStream err) {
        List<Job> running = jobs.list().stream().filter(job -> !job.status().state().isOver()).toList();
        if (!running.isEmpty()) {
            err.println("bindrae: stopping " + running.stream().map(Job::id).collect(Collectors.joining(", ")) + " after the step under way, with a checkpoint");
            jobs.close();
            running.forEach(job -> err.println("bindrae: " + JobOutput.line(job)));
        }
    }
}
