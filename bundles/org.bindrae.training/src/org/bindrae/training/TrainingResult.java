package org.bindrae.training;

import java.nio.file.Path;

/**
 * How a training run ended.
 *
 * @param steps done, those before a resumption included
 * @param totalSteps of the run
 * @param best result of the best validation; NaN without validation
 * @param bestStep step of the best validation; −1 without validation
 * @param lastCheckpoint to go on from
 */
public record TrainingResult(Outcome outcome, long steps, long totalSteps, double best, long bestStep, Path lastCheckpoint) {
    /** Why it ended. */
    public enum Outcome {
        /** All steps are done. */
        FINISHED,
        /** Validation did not get better for as long as the configuration allows. */
        STOPPED_EARLY,
        /** The thread was interrupted, or the device of a network that stays where it is went away; the run can go on from its last checkpoint. */
        INTERRUPTED
    }
}
