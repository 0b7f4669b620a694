package org.bindrae.training;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;

/** Where results come from: the program, the machine and the data. */
public final class Provenance {
    private static final String BUNDLE = "org.bindrae.training";
    private static final String UNKNOWN = "unknown";

    private Provenance() {
    }

    /** Version and, where the build noted it, git revision of this program. */
    public static Map<String, String> program() {
        Attributes manifest = manifest();
        Map<String, String> program = new LinkedHashMap<>();
        program.put("version", value(manifest, "Bundle-Version"));
        program.put("revision", value(manifest, "Git-Revision"));
        return program;
    }

    private static String value(Attributes manifest, String name) {
        String value = manifest.getValue(name);
        return value == null ? UNKNOWN : value;
    }

    /** The manifest of this bundle; empty where it was not started from one. */
    private static Attributes manifest() {
        try {
            for (URL url : Collections.list(Provenance.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
                try (InputStream in = url.openStream()) {
                    Attributes attributes = new Manifest(in).getMainAttributes();
                    String name = attributes.getValue("Bundle-SymbolicName");
                    if (name != null && name.split(";")[0].strip().equals(BUNDLE)) {
                        return attributes;
                    }
                }
            }
        } catch (IOException e) {
            // a jar that cannot be read says nothing about this bundle
        }
        return new Attributes();
    }

    /** Java, operating system and device. */
    public static Map<String, Object> machine(Device device) {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("device", device.name());
        machine.put("deviceDescription", device.description());
        return machine;
    }

    /** Everything that a run starts from. */
    static Map<String, Object> of(Stage1Model model, TrainingConfig config, TrainingSet training, TrainingSet validation, AttentionBackends.Choice choice)
            throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("program", program());
        all.put("machine", machine(model.parameters().device()));
        all.put("attention", attention(choice));
        all.put("embeddings", training.embeddings());
        all.put("precision", model.parameters().dtype().name());
        all.put("seed", config.seed());
        all.put("parameters", model.parameters().count());
        all.put("training", data(training));
        all.put("validation", data(validation));
        return all;
    }

    static Map<String, String> attention(AttentionBackends.Choice choice) {
        return new TreeMap<>(Map.of("backend", choice.backend().name(), "reason", choice.reason()));
    }

    private static Map<String, Object> data(TrainingSet set) {
        Map<String, Object> data = new LinkedHashMap<>();
        long residues = 0;
        for (int i = 0; i < set.size(); i++) {
            residues += set.residues(i);
        }
        data.put("samples", set.size());
        data.put("residues", residues);
        data.put("sha256", hash(set));
        return data;
    }

    /** SHA-256 over the ids and hashes of all samples, in their order. */
    static String hash(TrainingSet... sets) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (TrainingSet set : sets) {
                for (int i = 0; i < set.size(); i++) {
                    digest.update((set.id(i) + "\t" + set.hash(i) + "\n").getBytes(StandardCharsets.UTF_8));
                }
                digest.update((byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
