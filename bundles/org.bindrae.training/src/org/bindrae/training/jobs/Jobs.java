package org.bindrae.training.jobs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ConfiguredTraining;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * The training runs in the background of this workbench. A device works for one job at a time; the others queue for it in their order. A job that names no
 * device takes a free one of the best kind that is there: while all graphics cards are taken, it waits for one of them, and does not go to the processor. A job
 * whose device or attention backend is not there waits in the queue, too, and lets others pass.
 */
// immediate, because a component that nobody uses for a while would end, and all jobs with it
@Component(service = Jobs.class, immediate = true)
public final class Jobs {
    /** How long the end of the workbench waits for steps under way. */
    private static final int PATIENCE_SECONDS = 120;
    /** How often the queue looks for what jobs wait for: a backend may come back into service, which is no event. */
    private static final int PERIOD_MILLIS = 500;

    private final Workbench workbench;
    /** Held by whoever starts jobs, so that they keep their order; asked for before the other one. */
    private final Object starting = new Object();
    private final Object lock = new Object();
    private final List<Job> jobs = new ArrayList<>();
    /** Looks after jobs that wait; null before the first job. */
    private Thread queue;
    private boolean closed;

    @Activate
    public Jobs(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    /**
     * Puts a run into the queue, from its latest checkpoint on if it has one; the job closes it when it is over.
     *
     * @param listeners hear everything from the beginning on
     * @throws IOException if its configuration cannot be read; the run is closed then
     * @throws IllegalStateException if the workbench comes to its end; the run is closed then
     */
    public Job submit(ConfiguredTraining training, TrainingListener... listeners) throws IOException {
        Job job;
        try {
            String device = training.config().compute().device();
            synchronized (lock) {
                if (closed) {
                    throw new IllegalStateException("the workbench stops and takes no more jobs");
                }
                job = new Job("j" + (jobs.size() + 1), this, training, device, lock);
                jobs.add(job);
                List.of(listeners).forEach(job::add);
                if (queue == null) {
                    queue = Thread.ofPlatform().daemon().name("bindrae-queue").start(this::keepLooking);
                }
                lock.notifyAll();
            }
        } catch (IOException | RuntimeException e) {
            training.close();
            throw e;
        }
        schedule();
        return job;
    }

    /** All jobs since the workbench was started, in their order. */
    public List<Job> list() {
        synchronized (lock) {
            return List.copyOf(jobs);
        }
    }

    public Optional<Job> find(String id) {
        return list().stream().filter(job -> job.id().equals(id)).findFirst();
    }

    private void keepLooking() {
        try {
            while (awaitTurn()) {
                schedule();
            }
        } catch (InterruptedException e) {
            // nobody does that, and it means to end
        }
    }

    /** Waits for the next look at the queue; false at the end. */
    private boolean awaitTurn() throws InterruptedException {
        synchronized (lock) {
            while (!closed && jobs.stream().noneMatch(Jobs::isQueued)) {
                lock.wait();
            }
            if (!closed) {
                lock.wait(PERIOD_MILLIS);
            }
            return !closed;
        }
    }

    private static boolean isQueued(Job job) {
        return job.status().state() == JobState.QUEUED;
    }

    /** Starts what can be started. Not with the lock held: who changes the settings of a run asks for theirs first, and for this one then. */
    void schedule() {
        synchronized (starting) {
            for (Job job : list()) {
                if (isQueued(job)) {
                    offer(job);
                }
            }
        }
    }

    private void offer(Job job) {
        try {
            String device = free(job.wanted());
            String missing = job.missing(workbench.with(() -> only(device, workbench.devices())));
            synchronized (lock) {
                if (!closed && isQueued(job)) {
                    if (missing != null) {
                        job.queued(missing);
                    } else if (free(job.wanted()).equals(device)) {
                        job.start(device);
                    }
                }
            }
        } catch (IllegalStateException e) {
            synchronized (lock) {
                if (isQueued(job)) {
                    job.queued(e.getMessage());
                }
            }
        }
    }

    /**
     * A device for a job.
     *
     * @throws IllegalStateException when there is none at the moment
     */
    private String free(String wanted) {
        List<String> suited = List.of(wanted);
        if (wanted.equals(Devices.AUTO)) {
            List<String> all = workbench.devices().ranked().stream().map(Device::name).toList();
            suited = all.stream().filter(name -> kind(name).equals(kind(all.getFirst()))).toList();
        }
        List<String> takers = new ArrayList<>();
        for (String name : suited) {
            Optional<Job> taker = list().stream().filter(job -> job.status().state().hasDevice() && job.status().device().equals(name)).findFirst();
            if (taker.isEmpty()) {
                return name;
            }
            takers.add(name + ", which " + taker.get().id() + " has");
        }
        throw new IllegalStateException(takers.isEmpty() ? "waits for a device: there is none" : "waits for " + String.join(", or ", takers));
    }

    /** {@code cuda} of {@code cuda:0}. */
    private static String kind(String device) {
        return device.split(":")[0];
    }

    /** The workbench as a job sees it: with the device that it has. */
    Workbench partsFor(Job job) {
        return workbench.with(() -> devicesFor(job));
    }

    /** @throws IllegalStateException when the job must leave its device and others have those that it could go to */
    private Devices devicesFor(Job job) {
        synchronized (lock) {
            Devices all = workbench.devices();
            Optional<Device> own = named(all, job.status().device());
            if (own.isEmpty() && job.wanted().equals(Devices.AUTO)) {
                job.move(free(Devices.AUTO));
            }
            return only(job.status().device(), all);
        }
    }

    /** All of them where there is none of that name, for the message. */
    private static Devices only(String name, Devices all) {
        return named(all, name).map(device -> new Devices(List.of(device))).orElse(all);
    }

    private static Optional<Device> named(Devices all, String name) {
        return all.ranked().stream().filter(device -> device.name().equals(name)).findFirst();
    }

    /** Stops all jobs: each ends the step under way and writes a checkpoint. Waits for them. */
    @Deactivate
    public void close() {
        List<Thread> threads = new ArrayList<>();
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
            if (queue != null) {
                threads.add(queue);
            }
            for (Job job : jobs) {
                if (!job.status().state().isOver()) {
                    job.stop();
                }
                if (job.thread() != null && !job.isTelling()) {
                    threads.add(job.thread());
                }
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive() && System.nanoTime() < end) {
                try {
                    thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
