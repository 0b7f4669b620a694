package org.bindrae.data;

import org.osgi.annotation.versioning.ConsumerType;

/** Hears how long work gets on. Called from any thread, often; the receiver decides what to show. */
@FunctionalInterface
@ConsumerType
public interface ProgressListener {
    /** Shows nothing. */
    ProgressListener NONE = (done, total, unit, detail) -> {
    };

    /**
     * Says that {@code done} of {@code total} are finished.
     *
     * @param unit what is counted, plural: samples, steps
     * @param detail free text, may be empty
     */
    void progress(long done, long total, String unit, String detail);
}
