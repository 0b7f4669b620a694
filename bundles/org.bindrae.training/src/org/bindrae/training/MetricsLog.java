package org.bindrae.training;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * {@code metrics.csv}: a row per step and per validation. It has no times of day and no speeds, so that a run that was interrupted and resumed has the same
 * bytes as one that was not.
 */
final class MetricsLog implements AutoCloseable {
    private static final List<String> COLUMNS = List.of("step", "epoch", "part", "learning_rate", "gradient_norm", "residues", "chi1_accuracy", "loss");
    private final Path path;
    private final RandomAccessFile file;

    /**
     * Opens the file and cuts it to what a checkpoint knows of it.
     *
     * @param bytes 0 for a new file
     */
    MetricsLog(Path path, long bytes) throws IOException {
        this.path = path;
        this.file = new RandomAccessFile(path.toFile(), "rw");
        try {
            if (file.length() < bytes) {
                throw new IOException(path + " has " + file.length() + " bytes, but the checkpoint was written when it had " + bytes
                        + ": it was changed or lost its end. Put it back, or start anew");
            }
            file.setLength(bytes);
            file.seek(bytes);
            if (bytes == 0) {
                append(Stream.concat(COLUMNS.stream(), LossSums.keys().stream()).collect(Collectors.joining(",")));
            }
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    void training(StepReport report, LossConfig config) throws IOException {
        String numbers = number(report.learningRate()) + "," + number(report.gradientNorm()) + "," + report.residues() + ",,";
        append(report.step() + "," + report.epoch() + ",training," + numbers + losses(report.losses(), config));
    }

    void validation(ValidationReport report, LossConfig config) throws IOException {
        String numbers = ",," + report.residues() + "," + number(report.chi1Accuracy()) + ",";
        append(report.step() + "," + report.epoch() + ",validation," + numbers + losses(report.losses(), config));
    }

    private static String losses(LossSums sums, LossConfig config) {
        DoubleStream values = DoubleStream.concat(DoubleStream.of(sums.total(config)), DoubleStream.of(sums.values()));
        return values.mapToObj(MetricsLog::number).collect(Collectors.joining(","));
    }

    /** As many digits as single precision has; empty where there is nothing. */
    private static String number(double value) {
        return Double.isNaN(value) ? "" : Float.toString((float) value);
    }

    private void append(String row) throws IOException {
        try {
            file.write((row + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IOException(path + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Makes all rows survive a power cut, before a checkpoint counts on them, and gives their bytes. */
    long force() throws IOException {
        file.getFD().sync();
        return file.length();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
