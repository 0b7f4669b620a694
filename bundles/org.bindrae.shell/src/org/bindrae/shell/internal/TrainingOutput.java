package org.bindrae.shell.internal;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.training.LossTerm;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StepReport;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.ValidationReport;

/** Shows a training run: steps as progress, a line per validation, and how it ended. */
final class TrainingOutput implements TrainingListener, AutoCloseable {
    private final Console console;
    private final Progress progress;
    private final TrainingListener steps;

    TrainingOutput(Console console) {
        this.console = console;
        this.progress = console.progress("train").patient();
        this.steps = TrainingListener.of(progress);
    }

    @Override
    public void stepped(StepReport report) {
        steps.stepped(report);
    }

    @Override
    public void validated(ValidationReport report) {
        progress.interrupt();
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, "step %5d  epoch %3d  validation loss %.4f", report.step(), report.epoch() + 1, report.loss()));
        for (LossTerm term : LossTerm.values()) {
            double mean = report.losses().mean(term);
            if (mean != 0) {
                line.append(String.format(Locale.ROOT, "  %s %.4f", term.key(), mean));
            }
        }
        if (!Double.isNaN(report.chi1Accuracy())) {
            line.append(String.format(Locale.ROOT, "  chi1 within 20° %.1f %%", 100 * report.chi1Accuracy()));
        }
        console.println(line.append(report.better() ? "  best" : "").toString());
    }

    @Override
    public void backendChosen(AttentionBackends.Choice choice) {
        progress.interrupt();
        console.println("attention by " + choice.backend().name() + ": " + choice.reason());
    }

    @Override
    public void moved(String device, String reason) {
        progress.interrupt();
        console.println("computed on " + device + ": " + reason);
    }

    @Override
    public void backendFailed(String backend, String reason) {
        warn("attention backend " + backend + " is out of service because it " + reason);
    }

    @Override
    public void paused(String reason) {
        warn("paused: " + reason);
    }

    @Override
    public void configured(List<String> differences) {
        progress.interrupt();
        console.println("settings changed: " + String.join(", ", differences));
    }

    @Override
    public void refused(String reason) {
        warn("settings not changed: " + reason);
    }

    /** A line on the error stream. */
    void warn(String line) {
        progress.interrupt();
        console.warn(line);
    }

    /** Says how the run ended. */
    void ended(TrainingResult result, Path folder) {
        close();
        String end = switch (result.outcome()) {
            case FINISHED -> "finished";
            case STOPPED_EARLY -> "stopped early, validation got no better";
            case INTERRUPTED -> "stopped; go on with: resume " + folder;
        };
        console.println("step " + result.steps() + " of " + result.totalSteps() + ": " + end);
        if (result.bestStep() >= 0) {
            console.println(String.format(Locale.ROOT, "best validation %.4f at step %d", result.best(), result.bestStep()));
        }
        console.println("metrics in " + RunDirectory.metricsFile(folder) + ", checkpoint in " + result.lastCheckpoint());
    }

    @Override
    public void close() {
        progress.close();
    }
}
