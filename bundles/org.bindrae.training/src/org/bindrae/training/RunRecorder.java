package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.training.tensorboard.TensorBoardWriter;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Writes down what a run does: into its folder, and to its listener. */
final class RunRecorder implements AutoCloseable {
    private static final ObjectMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final TrainingListener listener;
    private final MetricsLog metrics;
    private final HistoryLog history;
    private final TensorBoardWriter tensorBoard;
    private LossConfig config;

    /** Goes on after the state given. */
    RunRecorder(Path folder, TrainingState state, LossConfig config, TrainingListener listener) throws IOException {
        InstantSource clock = InstantSource.system();
        this.config = config;
        this.listener = listener;
        this.history = new HistoryLog(RunDirectory.historyFile(folder), clock);
        try {
            this.metrics = new MetricsLog(RunDirectory.metricsFile(folder), state.metricsBytes());
        } catch (IOException e) {
            history.close();
            throw e;
        }
        try {
            this.tensorBoard = new TensorBoardWriter(folder, state.step() == 0 ? 0 : state.step() + 1, clock);
        } catch (IOException e) {
            try (history; metrics) {
                throw e;
            }
        }
    }

    void started(Path folder, TrainingState state, Map<String, Object> provenance) throws IOException {
        Path file = RunDirectory.provenanceFile(folder);
        if (!Files.exists(file)) {
            AtomicFiles.write(file, JSON.writeValueAsString(provenance) + "\n");
        }
        history.write(state.step() == 0 ? "started" : "resumed", state.step(), provenance);
    }

    void backendChosen(long step, AttentionBackends.Choice choice) throws IOException {
        history.write("backend", step, Provenance.attention(choice));
        listener.backendChosen(choice);
    }

    /** @param reason completes the sentence "the backend is out of service because it …" */
    void backendFailed(long step, String backend, String reason) throws IOException {
        history.write("backend", step, Map.of("backend", backend, "out_of_service", reason));
        listener.backendFailed(backend, reason);
    }

    /** @param lost the step up to which steps are taken again */
    void wentBack(long step, long lost) throws IOException {
        history.write("went back", step, Map.of("from_step", lost));
    }

    void memoryPlanned(long step, long bytes, long available, int residues) throws IOException {
        Map<String, Object> plan = new HashMap<>(Map.of("bytes", bytes, "available", available));
        if (residues < Integer.MAX_VALUE) {
            plan.put("batches_in_parts_of_residues", residues);
        }
        history.write("memory", step, plan);
    }

    /** @param left the device that the run was on before */
    void moved(long step, Workbench.Place place, String left) throws IOException {
        String device = place.device().name();
        String reason = left + (device.equals(left) ? " is back" : " went away");
        Map<String, Object> details = Map.of("device", device, "reason", reason, "deviceDescription", place.device().description(), "precision",
                place.dtype().name(), "products", place.device().precision().name());
        history.write("device", step, details);
        listener.moved(device, reason);
    }

    void configured(long step, Placement.Change change) throws IOException {
        config = change.training().loss();
        history.write("configuration", step, Map.of("differences", change.differences()));
        listener.configured(change.differences());
    }

    void refused(long step, String reason) throws IOException {
        history.write("configuration refused", step, Map.of("reason", reason));
        listener.refused(reason);
    }

    void paused(long step, String reason) throws IOException {
        history.write("paused", step, Map.of("reason", reason));
        listener.paused(reason);
    }

    void stepped(StepReport report) throws IOException {
        metrics.training(report, config);
        Map<String, Double> scalars = scalars("training/", report.losses());
        scalars.put("training/learning_rate", report.learningRate());
        scalars.put("training/gradient_norm", report.gradientNorm());
        scalars.put("training/residues_per_second", report.residuesPerSecond());
        scalars.put("training/activation_bytes", (double) report.activationBytes());
        tensorBoard.write(report.step(), scalars);
        listener.stepped(report);
    }

    void validated(ValidationReport report) throws IOException {
        metrics.validation(report, config);
        Map<String, Double> scalars = scalars("validation/", report.losses());
        scalars.put("validation/chi1_accuracy", report.chi1Accuracy());
        tensorBoard.write(report.step(), scalars);
        history.write("validated", report.step(), Map.of("loss", report.loss(), "chi1_accuracy", report.chi1Accuracy(), "best", report.better()));
        listener.validated(report);
    }

    private Map<String, Double> scalars(String prefix, LossSums losses) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put(prefix + "loss", losses.total(config));
        List<String> keys = LossSums.keys();
        double[] values = losses.values();
        for (int i = 0; i < values.length; i++) {
            scalars.put(prefix + keys.get(i), values[i]);
        }
        return scalars;
    }

    /** Bytes of the metrics, which are on the disk from now on. */
    long metricsBytes() throws IOException {
        return metrics.force();
    }

    void checkpointed(long step, Path file) throws IOException {
        history.write("checkpoint", step, Map.of("file", file.getFileName().toString()));
        listener.checkpointed(file);
    }

    void ended(String event, long step, String detail) throws IOException {
        history.write(event, step, Map.of("detail", detail));
    }

    @Override
    public void close() throws IOException {
        try (metrics; history; tensorBoard) {
            // closes all three, whichever fails
        }
    }
}
