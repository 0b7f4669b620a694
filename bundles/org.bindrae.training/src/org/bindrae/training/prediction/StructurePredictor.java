package org.bindrae.training.prediction;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;

import org.bindrae.data.ComplexReader;
import org.bindrae.data.ComplexSource;
import org.bindrae.data.PreparationSettings;
import org.bindrae.data.ProgressListener;
import org.bindrae.data.ResidueId;
import org.bindrae.data.Sample;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureReader;
import org.bindrae.data.StructureWriter;

/** From structure files to structure files: predicted side chains, everything else as it was, the confidence in the B-factor column. */
public final class StructurePredictor {
    private final PredictionMethod method;
    private final ComplexReader reader;

    /**
     * What became of an input.
     *
     * @param file where the prediction was written; null when there is none
     * @param predicted number of predicted residues
     * @param kept residues that were left as they were
     * @param confidence mean over predicted residues; NaN without any
     * @param notes one sentence each
     * @param problem why there is no prediction; empty when there is one
     */
    public record Outcome(ComplexSource source, Path file, int predicted, List<ResidueId> kept, double confidence, List<String> notes, String problem) {
        /** Whether there is a prediction. */
        public boolean done() {
            return problem.isEmpty();
        }
    }

    /** An input and the file its prediction goes to. */
    public record Job(ComplexSource source, Path target) {
    }

    public StructurePredictor(PredictionMethod method, PreparationSettings settings) {
        this.method = method;
        this.reader = new ComplexReader(settings);
    }

    /**
     * Predicts one after the other; a bad input costs that input only. No input is written over, nor two predictions to one file.
     *
     * @param overwrite whether a file that is there already is replaced
     * @return one for each job, in order
     * @throws CancellationException when the thread was interrupted; what is finished is written
     */
    public List<Outcome> predict(List<Job> jobs, boolean overwrite, ProgressListener progress) {
        List<Outcome> outcomes = new ArrayList<>();
        Set<String> targets = new HashSet<>();
        for (Job job : jobs) {
            progress.progress(outcomes.size(), jobs.size(), "structures", job.source().id());
            try {
                // file systems may not tell upper from lower case
                if (!targets.add(job.target().toAbsolutePath().normalize().toString().toLowerCase(Locale.ROOT))) {
                    throw new IOException(job.target() + ": another input goes to this file");
                }
                outcomes.add(predict(job, overwrite));
            } catch (IOException e) {
                outcomes.add(failed(job, problem(e)));
            } catch (CancellationException e) {
                throw e;
            } catch (IllegalStateException e) {
                // what the prediction needs is not there
                outcomes.add(failed(job, e.getMessage()));
            } catch (RuntimeException | StackOverflowError e) {
                outcomes.add(failed(job, "internal error: " + e.getClass().getName() + ": " + e.getMessage()));
            }
        }
        progress.progress(outcomes.size(), jobs.size(), "structures", "");
        return outcomes;
    }

    private static Outcome failed(Job job, String problem) {
        return new Outcome(job.source(), null, 0, List.of(), Double.NaN, List.of(), problem);
    }

    private static String problem(IOException e) {
        String message = e instanceof FileAlreadyExistsException exists ? exists.getFile() + ": exists already and is not overwritten unless asked for"
                : e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private Outcome predict(Job job, boolean overwrite) throws IOException {
        if (Files.exists(job.target()) && Files.exists(job.source().structure()) && Files.isSameFile(job.target(), job.source().structure())) {
            throw new IOException(job.target() + ": the prediction would replace its own input");
        }
        if (!overwrite && Files.exists(job.target())) {
            throw new FileAlreadyExistsException(job.target().toString());
        }
        Sample sample = reader.read(job.source());
        Structure structure = StructureReader.read(job.source().structure());
        Prediction prediction = method.predict(List.of(sample)).getFirst();
        List<ResidueId> kept = new ArrayList<>();
        double confidence = 0;
        for (int i = 0; i < prediction.predicted().length; i++) {
            if (prediction.predicted()[i]) {
                confidence += prediction.confidence()[i];
            } else {
                kept.add(sample.residues().ids().get(i));
            }
        }
        List<String> notes = new ArrayList<>(sample.notes());
        StructureWriter.Coordinates coordinates = new StructureWriter.Coordinates(prediction.atom14(), prediction.predicted(), prediction.confidence());
        notes.addAll(StructureWriter.write(job.target(), structure, coordinates, sample.ligand()));
        int predicted = prediction.predicted().length - kept.size();
        return new Outcome(job.source(), job.target(), predicted, kept, predicted == 0 ? Double.NaN : confidence / predicted, notes, "");
    }
}
