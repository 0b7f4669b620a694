package org.bindrae.training;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.data.ProgressListener;
import org.osgi.annotation.versioning.ConsumerType;

/** Hears how a training run gets on, on the thread that trains. Nothing that it does changes the results. */
@ConsumerType
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener NONE = new TrainingListener() {
    };

    /** A step was taken. */
    default void stepped(StepReport report) {
    }

    /** A validation was finished. */
    default void validated(ValidationReport report) {
    }

    /** A checkpoint was written. */
    default void checkpointed(Path file) {
    }

    /** Attention is computed by this backend from now on. */
    default void backendChosen(AttentionBackends.Choice choice) {
    }

    /** A backend is out of service because it {@code reason}; the run goes on with another one, or waits for one. */
    default void backendFailed(String backend, String reason) {
    }

    /** The run goes on on this device; {@code reason} says why. */
    default void moved(String device, String reason) {
    }

    /** The run goes on with other settings; an entry for each says which. */
    default void configured(List<String> differences) {
    }

    /** Other settings were asked for, which the run does not take; {@code reason} says why. It goes on as it is. */
    default void refused(String reason) {
    }

    /** Something that the run needs is not there; the run waits for it. */
    default void paused(String reason) {
    }

    /** Validation has got so far. */
    default void validating(long done, long total) {
    }

    /** Shows steps and validation as progress. */
    static TrainingListener of(ProgressListener progress) {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport r) {
                progress.progress(r.step(), r.totalSteps(), "steps",
                        String.format(Locale.ROOT, "epoch %d, loss %.4f, learning rate %.2e, %.0f residues/s", r.epoch() + 1, r.loss(), r.learningRate(),
                                r.residuesPerSecond()));
            }

            @Override
            public void validating(long done, long total) {
                progress.progress(done, total, "validation samples", "");
            }
        };
    }

    /** Tells both, this one first. */
    default TrainingListener and(TrainingListener other) {
        TrainingListener first = this;
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                first.stepped(report);
                other.stepped(report);
            }

            @Override
            public void validated(ValidationReport report) {
                first.validated(report);
                other.validated(report);
            }

            @Override
            public void checkpointed(Path file) {
                first.checkpointed(file);
                other.checkpointed(file);
            }

            @Override
            public void backendChosen(AttentionBackends.Choice choice) {
                first.backendChosen(choice);
                other.backendChosen(choice);
            }

            @Override
            public void backendFailed(String backend, String reason) {
                first.backendFailed(backend, reason);
                other.backendFailed(backend, reason);
            }

            @Override
            public void moved(String device, String reason) {
                first.moved(device, reason);
                other.moved(device, reason);
            }

            @Override
            public void configured(List<String> differences) {
                first.configured(differences);
                other.configured(differences);
            }

            @Override
            public void refused(String reason) {
                first.refused(reason);
                other.refused(reason);
            }

            @Override
            public void paused(String reason) {
                first.paused(reason);
                other.paused(reason);
            }

            @Override
            public void validating(long done, long total) {
                first.validating(done, total);
                other.validating(done, total);
            }
        };
    }
}
