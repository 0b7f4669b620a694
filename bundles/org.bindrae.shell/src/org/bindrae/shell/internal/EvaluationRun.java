package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.data.SampleSource;
import org.bindrae.data.Split;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.training.Provenance;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.evaluation.Evaluation;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.RotamerBaseline;
import org.bindrae.training.prediction.PredictionMethod;
import org.bindrae.training.report.LossCurves;
import org.bindrae.training.report.ReportFiles;
import org.bindrae.training.report.ReportOptions;

/**
 * An evaluation as commands run it: the methods in question and the rotamer baseline on one part of a split, printed and written to a folder.
 *
 * @param out folder of the report
 * @param run whose loss curves the report shows; null for none
 */
record EvaluationRun(SampleSource samples, Split split, Path out, Path run) {
    /** The baseline of the training part. */
    RotamerBaseline baseline(Console console) throws IOException {
        return learner(console).learned();
    }

    /** The methods that learn from the training part without a network: the baseline, and packing of its rotamers. */
    List<PredictionMethod> baselines(Console console) throws IOException {
        RotamerBaseline.Learner learner = learner(console);
        return List.of(learner.learned(), learner.packing());
    }

    private RotamerBaseline.Learner learner(Console console) throws IOException {
        RotamerBaseline.Learner learner = new RotamerBaseline.Learner(RotamerBaseline.Settings.defaults());
        List<String> ids = split.train();
        try (Progress progress = console.progress("baseline")) {
            for (int i = 0; i < ids.size(); i++) {
                learner.add(samples.read(ids.get(i)));
                progress.progress(i + 1, ids.size(), "training samples", "");
            }
        }
        return learner;
    }

    /**
     * Evaluates on these samples and writes the report.
     *
     * @param pocket the sample whose pocket is drawn; null for a typical one
     */
    EvaluationReport evaluate(List<PredictionMethod> methods, List<String> ids, String title, String pocket, Map<String, String> origin, Console console)
            throws IOException {
        EvaluationReport report;
        try (Progress progress = console.progress("evaluate")) {
            report = new Evaluation(methods, Evaluation.Settings.defaults()).run(ids, samples::read, provenance(origin), progress);
        }
        ReportOptions options = new ReportOptions(title, pocket, curves());
        ReportFiles.write(report, out, options);
        if (run != null) {
            ReportFiles.writePage(report, RunDirectory.reportFile(run), options);
        }
        return report;
    }

    private LossCurves curves() throws IOException {
        return run == null || !Files.exists(RunDirectory.metricsFile(run)) ? null : LossCurves.read(RunDirectory.metricsFile(run));
    }

    private Map<String, String> provenance(Map<String, String> origin) {
        Map<String, String> provenance = new LinkedHashMap<>(origin);
        provenance.put("baseline", "most frequent rotamers of " + split.train().size() + " training samples");
        provenance.put("split",
                split.method() + ", seed " + split.seed() + ": " + split.train().size() + " training, " + split.validation().size() + " validation, "
                        + split.test().size()
                        + " test samples");
        Provenance.program().forEach((key, value) -> provenance.put("workbench " + key, value));
        return provenance;
    }

    /** The ids of a part of the split. */
    List<String> part(Part part) {
        return new ArrayList<>(switch (part) {
            case TRAIN -> split.train();
            case VALIDATION -> split.validation();
            case TEST -> split.test();
        });
    }

    /** A part of a split. */
    enum Part {
        TRAIN, VALIDATION, TEST
    }
}
