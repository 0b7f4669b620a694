package org.bindrae.training;

import java.time.Duration;
import java.util.List;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Where a run is computed and with what. It is asked at the beginning, where an exception fails the run; again for a place and a network there when the device
 * goes away; and before each step for the attention backend. Then {@link IllegalArgumentException} and {@link IllegalStateException} mean that something is not
 * there at the moment: the message says what, and the run waits for it.
 */
@ConsumerType
public interface Placement {
    /** Enough for a slow machine with other work. */
    Duration DEFAULT_PATIENCE = Duration.ofMinutes(1);

    /** The device to use now. */
    Workbench.Place place();

    /** A network there, with the initial weights of the run; the run closes it. */
    Stage1Model network(Workbench.Place place);

    /** The attention backend to use there now, as {@link AttentionBackends#choose} says. */
    AttentionBackends.Choice attention(Workbench.Place place);

    /**
     * How long a piece of work that uses the attention backend, such as a step, may take at least before it counts as hanging and is given up; for large
     * batches it is several times as long. Zero for ever. Asked before each piece.
     */
    default Duration patience() {
        return DEFAULT_PATIENCE;
    }

    /** What is to be different from the next step on, or null when nothing has changed since this was last asked. Asked before each step. */
    Change change();

    /** Why a change of settings that was asked for is not made, or null when there is none since this was last asked. Asked before each step; the run goes on as it is. */
    default String refusal() {
        return null;
    }

    /**
     * Other settings for a run under way.
     *
     * @param training all settings; only those that {@link TrainingConfig#requireSameRun} allows may differ
     * @param config the complete configuration of the run as JSON
     * @param differences one entry for each value, such as {@code training.learningRate: 5e-4 → 1e-4}
     */
    record Change(TrainingConfig training, String config, List<String> differences) {
        public Change {
            differences = List.copyOf(differences);
        }
    }
}
