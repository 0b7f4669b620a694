package org.bindrae.training.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.PocketScene;

/** Writes an evaluation to a folder. The bytes depend on the report alone. */
public final class ReportFiles {
    public static final String HTML = "report.html";
    public static final String JSON = "report.json";
    public static final String SUMMARY = "summary.csv";
    public static final String RESIDUES = "residues.csv";
    public static final String POCKET = "pocket.svg";

    private ReportFiles() {
    }

    /**
     * Writes {@value #HTML}, {@value #JSON}, {@value #SUMMARY}, {@value #RESIDUES} and, where there is a pocket to draw, {@value #POCKET}; makes the folder if
     * need be and replaces earlier files.
     *
     * @return the files written
     * @throws IOException naming the file that cannot be written
     */
    public static List<Path> write(EvaluationReport report, Path folder, ReportOptions options) throws IOException {
        Files.createDirectories(folder);
        List<Path> files = new ArrayList<>();
        write(files, folder.resolve(JSON), JsonReport.of(report));
        write(files, folder.resolve(SUMMARY), CsvReport.summary(report));
        write(files, folder.resolve(RESIDUES), CsvReport.residues(report));
        Optional<PocketScene> scene = HtmlReport.scene(report, options.pocket());
        if (scene.isPresent()) {
            write(files, folder.resolve(POCKET), PocketPicture.of(scene.get(), report.methods().getFirst().name()).file());
        }
        write(files, folder.resolve(HTML), HtmlReport.of(report, options));
        return files;
    }

    /** The page alone, for a training run's own report. */
    public static void writePage(EvaluationReport report, Path file, ReportOptions options) throws IOException {
        AtomicFiles.write(file, HtmlReport.of(report, options));
    }

    private static void write(List<Path> files, Path file, String text) throws IOException {
        AtomicFiles.write(file, text);
        files.add(file);
    }
}
