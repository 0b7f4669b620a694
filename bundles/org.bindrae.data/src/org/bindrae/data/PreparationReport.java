package org.bindrae.data;

import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * What became of the complexes of a data set, in its order.
 *
 * @param dataSet its name
 * @param notes of the data set itself
 */
public record PreparationReport(String dataSet, PreparationSettings settings, List<Outcome> outcomes, List<String> notes) {
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** What can become of a complex. */
    public enum Status {
        /** Read and written to the cache. */
        PREPARED,
        /** In the cache already, made of the same files with the same settings. */
        CACHED,
        /** Not usable; the reason says why. */
        REFUSED
    }

    /**
     * What became of one complex.
     *
     * @param residues number of residues, 0 when refused
     * @param ligand its name, empty when refused
     * @param ligandAtoms number of its heavy atoms
     * @param tokens number of its tokens
     * @param heteroAtoms number of atoms around the protein that are not the ligand's
     * @param pocket number of residues of pocket weight above {@link Sample#POCKET}
     * @param reason why it was refused, else empty
     * @param notes those of the sample
     */
    public record Outcome(String id, Status status, int residues, String ligand, int ligandAtoms, int tokens, int heteroAtoms, int pocket,
            String reason, List<String> notes) {
        public Outcome {
            notes = List.copyOf(notes);
        }

        static Outcome of(Sample sample, Status status) {
            int pocket = 0;
            for (double weight : sample.pocketWeight()) {
                pocket += weight > Sample.POCKET ? 1 : 0;
            }
            return new Outcome(sample.id(), status, sample.residues().size(), sample.ligand().name(), sample.ligand().atoms().size(), sample.tokens().size(),
                    sample.surroundings().size(), pocket, "", sample.notes());
        }

        static Outcome refused(String id, String reason) {
            return new Outcome(id, Status.REFUSED, 0, "", 0, 0, 0, 0, reason.replaceAll("\\s*\\R\\s*", " "), List.of());
        }
    }

    public PreparationReport {
        outcomes = List.copyOf(outcomes);
        notes = List.copyOf(notes);
    }

    /** How many complexes have this status. */
    public int count(Status status) {
        return (int) outcomes.stream().filter(outcome -> outcome.status() == status).count();
    }

    /** The refused complexes. */
    public List<Outcome> refused() {
        return outcomes.stream().filter(outcome -> outcome.status() == Status.REFUSED).toList();
    }

    /** Ids of all samples that are in the cache now. */
    public List<String> usable() {
        return outcomes.stream().filter(outcome -> outcome.status() != Status.REFUSED).map(Outcome::id).toList();
    }

    /** How many samples have no ligand. */
    public int withoutLigand() {
        return (int) outcomes.stream().filter(outcome -> outcome.status() != Status.REFUSED && outcome.ligandAtoms() == 0).count();
    }

    /** One line for people. */
    public String summary() {
        return outcomes.size() + " complexes of " + dataSet + ": " + count(Status.PREPARED) + " prepared, " + count(Status.CACHED) + " in the cache already, "
                + count(Status.REFUSED) + " refused"
                + (withoutLigand() > 0 ? "; " + withoutLigand() + " without a ligand" : "");
    }

    /** All of it as JSON. */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of texts and numbers", e);
        }
    }

    /** One line per complex with a header; notes separated by semicolons. */
    public String toTsv() {
        StringBuilder text = new StringBuilder("id\tstatus\tresidues\tligand\tligand_atoms\ttokens\thetero_atoms\tpocket\treason\tnotes\n");
        for (Outcome outcome : outcomes) {
            text.append(String.join("\t", outcome.id(), outcome.status().name().toLowerCase(Locale.ROOT), String.valueOf(outcome.residues()),
                    cell(outcome.ligand()),
                    String.valueOf(outcome.ligandAtoms()), String.valueOf(outcome.tokens()), String.valueOf(outcome.heteroAtoms()),
                    String.valueOf(outcome.pocket()), cell(outcome.reason()), cell(String.join("; ", outcome.notes())))).append('\n');
        }
        return text.toString();
    }

    private static String cell(String text) {
        return text.replaceAll("\\s+", " ");
    }
}
