package org.bindrae.training.jobs;

/** Where a job stands. */
public enum JobState {
    /** Waits for a device, or for a backend there. */
    QUEUED,
    /** Trains, or waits for something that its run needs. */
    RUNNING,
    /** Will be paused after the step under way. */
    PAUSING,
    /** Holds no device; goes on when told. */
    PAUSED,
    /** Will be stopped after the step under way. */
    STOPPING,
    /** The run has come to its end. */
    FINISHED,
    /** Was stopped; the run can be resumed by a new job. */
    STOPPED,
    /** Could not go on; the run can be resumed by a new job once the cause is mended. */
    FAILED;

    /** Whether nothing will happen any more. */
    public boolean isOver() {
        return this == FINISHED || this == STOPPED || this == FAILED;
    }

    /** Whether a device works for the job. */
    boolean hasDevice() {
        return this == RUNNING || this == PAUSING || this == STOPPING;
    }
}
