package org.bindrae.app.internal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.Jobs;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** Training runs in the background of a shell that its user leaves. */
final class RunningJobs {
    private RunningJobs() {
    }

    /** Stops all jobs that are not over, waits for their checkpoints, and says so: how long that takes depends on the steps under way. */
    static void stop(BundleContext bundles) {
        ServiceReference<Jobs> reference = bundles.getServiceReference(Jobs.class);
        Jobs jobs = reference == null ? null : bundles.getService(reference);
        if (jobs != null) {
            // not System.err, which Gogo takes to the session that has just ended
            stop(jobs, new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
            bundles.ungetService(reference);
        }
    }

    private static void stop(Jobs jobs, PrintStream err) {
        List<Job> running = jobs.list().stream().filter(job -> !job.status().state().isOver()).toList();
        if (!running.isEmpty()) {
            String ids = running.stream().map(Job::id).collect(Collectors.joining(", "));
            err.println("bindrae: stopping " + ids + " after the step under way, with a checkpoint");
            jobs.close();
            running.forEach(job -> err.println("bindrae: " + job.describe()));
        }
    }
}
