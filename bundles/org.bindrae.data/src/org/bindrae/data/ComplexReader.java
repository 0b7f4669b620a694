package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Makes samples of complexes: residue table, ligand, tokens and pocket. Thread-safe. */
public final class ComplexReader {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** A ligand's SDF that cannot be read is replaced by the MOL2 of the same name, as PDBbind has it. */
    private static final String SDF = ".sdf";
    private static final String MOL2 = ".mol2";

    private final PreparationSettings settings;

    public ComplexReader(PreparationSettings settings) {
        this.settings = settings;
    }

    /**
     * Reads a complex.
     *
     * @throws IOException in one line naming file and place, when structure or ligand cannot be read, the ligand is not there or touches no residue
     */
    public Sample read(ComplexSource source) throws IOException {
        String hash = hash(source);
        Structure structure = StructureReader.read(source.structure());
        if (structure.residues().size() == 0) {
            throw new StructureException(source.structure(), "no amino acids");
        }
        List<String> notes = new ArrayList<>(structure.notes());
        Ligand ligand = ligand(source, structure, notes);
        LigandTokens tokens = LigandTokens.of(ligand);
        if (LigandTokens.leftOut(ligand) > 0) {
            notes.add("The ligand " + ligand.name() + " has more than " + LigandTokens.LIMIT + " tokens; " + LigandTokens.leftOut(ligand) + " were left out");
        }
        Pocket pocket = Pocket.of(structure.residues(), ligand, settings);
        double closest = Arrays.stream(pocket.distances()).min().orElse(Double.POSITIVE_INFINITY);
        if (!ligand.atoms().isEmpty() && !(closest <= settings.contactDistance())) {
            String distance = Double.isInfinite(closest) ? "no residue has atoms" : String.format(Locale.ROOT, "the closest residue is %.1f Å away", closest);
            throw new LigandException(source.structure() + ": the ligand " + ligand.name() + " does not touch the protein: " + distance);
        }
        return new Sample(source.id(), structure.residues(), ligand, tokens, Surroundings.of(structure, ligand), pocket.distances(), pocket.weights(), notes,
                hash);
    }

    /**
     * SHA-256 of all that {@link #read} depends on: id, settings, the bytes and names of the files, the choice of the ligand. Reads the files but does not
     * parse them.
     *
     * @throws IOException when a file cannot be read
     */
    public String hash(ComplexSource source) throws IOException {
        SampleHash hash = new SampleHash().add("settings", settingsText()).add("id", source.id()).add("structure", existing(source.structure(), "structure"));
        if (source.ligand() == null) {
            return hash.add("ligand", "none").hex();
        }
        if (!LigandReader.isLigandFile(source.ligand())) {
            return hash.add("ligand", source.ligand()).hex();
        }
        Path file = existing(Path.of(source.ligand()), "ligand");
        hash.add("ligand", file);
        Path other = replacement(file);
        return !other.equals(file) && Files.isRegularFile(other) ? hash.add("replacement", other).hex() : hash.hex();
    }

    private Ligand ligand(ComplexSource source, Structure structure, List<String> notes) throws IOException {
        String selector = source.ligand();
        boolean without = selector == null || selector.toLowerCase(Locale.ROOT).equals(LigandReader.AUTO) && !LigandReader.hasLigand(structure);
        if (without && !settings.ligandRequired()) {
            notes.add(selector == null ? "No ligand was given; goes on without one" : "Nothing but solvent and ions could be a ligand; goes on without one");
            return Ligand.NONE;
        }
        if (selector == null) {
            throw new LigandException(source.structure() + ": no ligand was given, but one is required");
        }
        LigandPose pose = LigandReader.isLigandFile(selector) ? file(Path.of(selector), notes) : LigandReader.read(structure, selector);
        notes.addAll(pose.notes());
        return pose.ligand();
    }

    private static LigandPose file(Path file, List<String> notes) throws IOException {
        try {
            return LigandReader.read(file);
        } catch (LigandException e) {
            Path other = replacement(file);
            if (other.equals(file) || !Files.isRegularFile(other)) {
                throw e;
            }
            LigandPose pose = LigandReader.read(other);
            String reason = e.getMessage().startsWith(file + ": ") ? e.getMessage().substring((file + ": ").length()) : e.getMessage();
            notes.add(file.getFileName() + " was replaced by " + other.getFileName() + ": " + reason);
            return pose;
        }
    }

    /** Where another description of the same ligand would be; the file itself when it is no SDF. */
    private static Path replacement(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(SDF) ? file.resolveSibling(name.substring(0, name.length() - SDF.length()) + MOL2) : file;
    }

    private static Path existing(Path file, String what) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + ": no such " + what + " file");
        }
        return file;
    }

    private String settingsText() {
        try {
            return JSON.writeValueAsString(settings);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of numbers", e);
        }
    }
}
