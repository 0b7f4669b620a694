package org.bindrae.training.jobs;

/**
 * A job at a moment.
 *
 * @param device that it has, or asks for while it has none
 * @param backend of attention; empty before the first step
 * @param step steps of the run that are done; 0 while nothing is known of it
 * @param totalSteps of the run; 0 while nothing is known of it
 * @param stepsPerSecond of late; NaN before the second step
 * @param loss of the last step; NaN before it
 * @param message what there is to know besides, such as what the job waits for or why it failed; may be empty
 */
public record JobStatus(JobState state, String device, String backend, long step, long totalSteps, double stepsPerSecond, double loss, String message) {
    static JobStatus queued(String device) {
        return new JobStatus(JobState.QUEUED, device, "", 0, 0, Double.NaN, Double.NaN, "");
    }

    /** Time to the end at the rate of late; NaN where nobody knows. */
    public double secondsLeft() {
        return (totalSteps - step) / stepsPerSecond;
    }

    JobStatus with(JobState next, String why) {
        return new JobStatus(next, device, backend, step, totalSteps, stepsPerSecond, loss, why);
    }

    JobStatus on(String other) {
        return new JobStatus(state, other, backend, step, totalSteps, stepsPerSecond, loss, message);
    }

    JobStatus by(String other) {
        return new JobStatus(state, device, other, step, totalSteps, stepsPerSecond, loss, "");
    }

    JobStatus at(long done, long total, double rate, double last) {
        return new JobStatus(state, device, backend, done, total, rate, last, message);
    }
}
