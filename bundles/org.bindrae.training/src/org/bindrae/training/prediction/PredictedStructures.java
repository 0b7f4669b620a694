package org.bindrae.training.prediction;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/**
 * Structures that another program predicted: files of a folder named after the samples, {@code <id>.pdb} or {@code .cif}, maybe gzipped. Residues are matched
 * by chain, number, insertion code and type and taken where they lie; a residue counts as predicted when the file has all its heavy atoms.
 */
public final class PredictedStructures implements PredictionMethod {
    private static final List<String> ENDINGS = List.of(".pdb", ".ent", ".cif", ".mmcif", ".bcif", ".pdb.gz", ".ent.gz", ".cif.gz", ".mmcif.gz", ".bcif.gz");

    /** Å; less is rounding. */
    private static final double MOVED = 0.05;

    private final String name;
    private final Path folder;
    private final Map<String, String> notes = new TreeMap<>();

    /**
     * @param name of the program, for the report
     * @throws IOException when there is no such folder
     */
    public PredictedStructures(String name, Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NotDirectoryException(folder.toString());
        }
        this.name = name;
        this.folder = folder;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Prediction> predict(List<Sample> samples) {
        return samples.stream().map(this::predict).toList();
    }

    /** A structure that is missing or cannot be read costs this sample only. */
    private Prediction predict(Sample sample) {
        Optional<Path> file = file(sample.id());
        if (file.isEmpty()) {
            notes.put(sample.id(), "no structure of " + sample.id());
            return Prediction.none(sample);
        }
        try {
            return predict(sample, file.get());
        } catch (IOException e) {
            notes.put(sample.id(), e.getMessage());
            return Prediction.none(sample);
        }
    }

    /** No id leads out of the folder. */
    private Optional<Path> file(String id) {
        if (!folder.resolve(id).normalize().equals(folder.normalize().resolve(Path.of(id).getFileName()))) {
            return Optional.empty();
        }
        return ENDINGS.stream().map(ending -> folder.resolve(id + ending)).filter(Files::isRegularFile).findFirst();
    }

    private Prediction predict(Sample sample, Path file) throws IOException {
        ResidueTable theirs = StructureReader.read(file).residues();
        Map<ResidueId, Integer> places = new HashMap<>();
        for (int i = 0; i < theirs.size(); i++) {
            places.put(theirs.ids().get(i), i);
        }
        Prediction prediction = Prediction.none(sample);
        ResidueTable ours = sample.residues();
        int width = ResidueConstants.SLOTS * 3;
        int otherType = 0;
        double shift = 0;
        for (int i = 0; i < ours.size(); i++) {
            Integer place = places.get(ours.ids().get(i));
            if (place != null && theirs.types()[place] != ours.types()[i]) {
                otherType++;
            } else if (place != null && complete(theirs, place)) {
                System.arraycopy(theirs.atom14(), place * width, prediction.atom14(), i * width, width);
                prediction.predicted()[i] = true;
                shift = Math.max(shift, shift(ours, i, prediction.atom14()));
            }
        }
        List<String> remarks = new ArrayList<>();
        if (otherType > 0) {
            remarks.add(otherType + " residues have another type than in the sample");
        }
        if (shift > MOVED) {
            remarks.add(String.format(Locale.ROOT, "its backbone lies up to %.2f Å off that of the sample; atoms are compared where they are", shift));
        }
        if (!remarks.isEmpty()) {
            notes.put(sample.id(), file.getFileName() + ": " + String.join("; ", remarks));
        }
        return prediction;
    }

    /** Largest distance of N, CA and C from their true places. */
    private static double shift(ResidueTable truth, int residue, double[] atom14) {
        double shift = 0;
        for (int atom = residue * ResidueConstants.SLOTS; atom <= residue * ResidueConstants.SLOTS + ResidueConstants.C; atom++) {
            if (truth.present()[atom]) {
                shift = Math.max(shift, Vec3.at(truth.atom14(), atom).distance(Vec3.at(atom14, atom)));
            }
        }
        return shift;
    }

    private static boolean complete(ResidueTable residues, int residue) {
        int type = residues.types()[residue];
        for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
            if (ResidueConstants.exists(type, slot) && !residues.present()[residue * ResidueConstants.SLOTS + slot]) {
                return false;
            }
        }
        return type != ResidueConstants.UNKNOWN;
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes.values());
    }
}
