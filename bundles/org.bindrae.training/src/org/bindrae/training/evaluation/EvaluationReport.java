package org.bindrae.training.evaluation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An evaluation: several methods on the same residues.
 *
 * @param provenance how it was made, for people, in order: versions, files with hashes, command. Given by the caller; nothing else depends on when or where it
 * ran
 * @param methods the first is the one in question, the others are there for comparison; all have the same structures in the same order
 * @param structures facts about the true structures, in the same order
 * @param scenes pockets with the predictions of the first method, of structures that have a ligand
 * @param failures samples that could not be read, with the reason
 * @param bootstrap draws of the confidence intervals
 */
public record EvaluationReport(Map<String, String> provenance, List<MethodReport> methods, List<StructureFacts> structures, List<PocketScene> scenes,
        Map<String, String> failures, Bootstrap bootstrap) {
    /**
     * A true structure.
     *
     * @param sample its id
     * @param hash of the sample, see {@link org.bindrae.data.Sample#hash()}
     * @param residues all residues
     * @param flexible those of types with χ angles
     * @param comparable those whose χ1 is known
     * @param compared those that all methods predicted as well
     * @param clashes of the true structure
     */
    public record StructureFacts(String sample, String hash, int residues, int flexible, int comparable, int compared, Clashes clashes) {
    }

    public EvaluationReport {
        provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
        methods = List.copyOf(methods);
        structures = List.copyOf(structures);
        scenes = List.copyOf(scenes);
        failures = Collections.unmodifiableMap(new TreeMap<>(failures));
        if (methods.isEmpty()) {
            throw new IllegalArgumentException("an evaluation needs a method");
        }
    }

    /** Confidence interval of a metric of a method. */
    public Interval interval(MethodReport method, Measure measure, Subset subset) {
        return bootstrap.of(method.metrics().tally(measure, subset));
    }

    /** Confidence interval of the first method's metric minus that of another. */
    public Interval advantage(MethodReport other, Measure measure, Subset subset) {
        return bootstrap.ofDifference(methods.getFirst().metrics().tally(measure, subset), other.metrics().tally(measure, subset));
    }

    /** SHA-256 over ids and hashes of all samples, hexadecimal: what the numbers are about. */
    public String dataHash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            structures.forEach(facts -> digest.update((facts.sample() + "\t" + facts.hash() + "\n").getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Clashes of the true structures, those with residues that were compared. */
    public Clashes trueClashes() {
        return structures.stream().filter(facts -> facts.compared() > 0).map(StructureFacts::clashes).reduce(Clashes.NONE, Clashes::plus);
    }
}
