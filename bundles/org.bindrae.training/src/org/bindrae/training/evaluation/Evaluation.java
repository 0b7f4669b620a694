package org.bindrae.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.bindrae.data.Batch;
import org.bindrae.data.ProgressListener;
import org.bindrae.data.ResidueId;
import org.bindrae.data.Sample;
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.PredictionMethod;
import org.osgi.annotation.versioning.ConsumerType;

/** Compares methods on the residues that all of them predicted and whose side chain is known. Holds only some samples at a time. */
public final class Evaluation {
    private final List<PredictionMethod> methods;
    private final Settings settings;

    /**
     * How an evaluation runs.
     *
     * @param seed of the confidence intervals
     * @param draws of the confidence intervals
     * @param samplesAtOnce samples that are held and predicted together
     */
    public record Settings(long seed, int draws, int samplesAtOnce) {
        public Settings {
            if (draws < 1 || samplesAtOnce < 1) {
                throw new IllegalArgumentException(draws + " draws and " + samplesAtOnce + " samples at once; both must be positive");
            }
        }

        public static Settings defaults() {
            return new Settings(1, Bootstrap.DRAWS, 32);
        }
    }

    /** Where samples come from, such as {@code SampleSource::read}. */
    @FunctionalInterface
    @ConsumerType
    public interface SampleReader {
        Sample read(String id) throws IOException;
    }

    /**
     * @param methods the one in question first; with different names
     */
    public Evaluation(List<PredictionMethod> methods, Settings settings) {
        this.methods = List.copyOf(methods);
        this.settings = settings;
        Set<String> names = new HashSet<>();
        for (PredictionMethod method : methods) {
            if (!names.add(method.name())) {
                throw new IllegalArgumentException("two methods are called " + method.name());
            }
        }
        if (methods.isEmpty()) {
            throw new IllegalArgumentException("an evaluation needs a method");
        }
    }

    /**
     * Evaluates on samples. One that cannot be read is left out and listed.
     *
     * @param ids names of the samples, in the order of the report
     * @param provenance see {@link EvaluationReport}
     * @throws CancellationException when the thread was interrupted
     */
    public EvaluationReport run(List<String> ids, SampleReader reader, Map<String, String> provenance, ProgressListener progress) {
        Collector collector = new Collector();
        Map<String, String> failures = new TreeMap<>();
        for (int from = 0; from < ids.size(); from += settings.samplesAtOnce()) {
            List<String> some = ids.subList(from, Math.min(ids.size(), from + settings.samplesAtOnce()));
            List<Sample> samples = new ArrayList<>();
            for (String id : some) {
                try {
                    samples.add(reader.read(id));
                } catch (IOException e) {
                    failures.put(id, e.getMessage() == null ? e.toString() : e.getMessage());
                }
            }
            if (Thread.interrupted()) {
                throw new CancellationException("the evaluation was stopped");
            }
            collector.add(samples);
            progress.progress(from + some.size(), ids.size(), "structures", "");
        }
        return collector.report(provenance, failures);
    }

    /** Grows structure by structure. */
    private final class Collector {
        private final List<List<StructureResult>> results = methods.stream().map(method -> (List<StructureResult>) new ArrayList<StructureResult>()).toList();
        private final List<Map<String, List<ResidueId>>> missing = methods.stream()
                .map(method -> (Map<String, List<ResidueId>>) new LinkedHashMap<String, List<ResidueId>>()).toList();
        private final List<List<String>> problems = methods.stream().map(method -> (List<String>) new ArrayList<String>()).toList();
        private final List<EvaluationReport.StructureFacts> facts = new ArrayList<>();
        private final List<PocketScene> scenes = new ArrayList<>();

        void add(List<Sample> samples) {
            List<List<Prediction>> predictions = new ArrayList<>();
            for (int m = 0; m < methods.size(); m++) {
                predictions.add(predict(m, samples));
            }
            for (int s = 0; s < samples.size(); s++) {
                int sample = s;
                add(samples.get(s), predictions.stream().map(list -> list.get(sample)).toList());
            }
        }

        /** A sample that a method cannot predict costs that sample only. */
        private List<Prediction> predict(int m, List<Sample> samples) {
            PredictionMethod method = methods.get(m);
            try {
                List<Prediction> made = samples.isEmpty() ? List.of() : method.predict(samples);
                if (made.size() != samples.size()) {
                    throw new IllegalStateException(method.name() + " made " + made.size() + " predictions of " + samples.size() + " samples");
                }
                return made;
            } catch (IOException e) {
                if (samples.size() > 1) {
                    return samples.stream().flatMap(sample -> predict(m, List.of(sample)).stream()).toList();
                }
                problems.get(m).add(e.getMessage() == null ? e.toString() : e.getMessage());
                return List.of(Prediction.none(samples.getFirst()));
            }
        }

        private void add(Sample sample, List<Prediction> predictions) {
            TrueStructure truth = TrueStructure.of(sample);
            Batch batch = truth.batch();
            for (TrueResidue residue : truth.residues()) {
                for (int m = 0; m < predictions.size(); m++) {
                    if (!predictions.get(m).predicted()[residue.index()]) {
                        missing.get(m).computeIfAbsent(sample.id(), id -> new ArrayList<>()).add(residue.id());
                    }
                }
            }
            List<StructureResult> here = predictions.stream().map(prediction -> Scorer.score(truth, batch, prediction,
                    residue -> predictions.stream().allMatch(other -> other.predicted()[residue.index()]))).toList();
            IntStream.range(0, here.size()).forEach(m -> results.get(m).add(here.get(m)));
            facts.add(new EvaluationReport.StructureFacts(sample.id(), sample.hash(), sample.residues().size(), truth.flexible(), truth.residues().size(),
                    here.getFirst().residues().size(), Clashes.of(batch, sample.residues().atom14(), sample.residues().present())));
            PocketScene scene = PocketScene.of(truth, predictions.getFirst(), here.getFirst());
            if (!scene.residues().isEmpty()) {
                scenes.add(scene);
            }
        }

        EvaluationReport report(Map<String, String> provenance, Map<String, String> failures) {
            List<MethodReport> reports = new ArrayList<>();
            for (int m = 0; m < methods.size(); m++) {
                reports.add(new MethodReport(methods.get(m).name(), new Metrics(results.get(m)), missing.get(m),
                        Stream.concat(methods.get(m).notes().stream(), problems.get(m).stream()).toList()));
            }
            return new EvaluationReport(provenance, reports, facts, scenes, failures, new Bootstrap(settings.seed(), facts.size(), settings.draws()));
        }
    }
}
