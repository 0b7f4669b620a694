package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.IpaVectorCheck;
import org.bindrae.edge.EdgeVectorCheck;
import org.bindrae.geometry.GeometryVectorCheck;
import org.bindrae.shell.CommandFailure;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorFile;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.Workbench;

/** Compares what is installed with files of golden vectors, on one device. */
record GoldenVectorCheck(Workbench workbench, Workbench.Place place) {
    /** Every backend that is able. */
    static final String ALL = "all";
    private static final String SUFFIX = ".safetensors";

    /** What was compared, and by which attention backend where one took part. */
    record Checked(String backend, List<VectorRow> rows) {
    }

    /** The vector files of a folder, or the one file named. */
    static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> files = all.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
            if (files.isEmpty()) {
                throw new CommandFailure(CommandFailure.FAILED, path + ": no file here ends with " + SUFFIX);
            }
            return files;
        }
    }

    /**
     * Compares with one file.
     *
     * @param backend of the attention, or {@link #ALL}
     * @throws IOException if it is no such file; the message says why
     * @throws IllegalStateException if the backend, or every backend, is unable; the message says why
     */
    List<Checked> run(Path path, String backend) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(path);
        return switch (VectorFile.kind(file)) {
            case IpaVectorCheck.KIND -> attention(new IpaVectorCheck(file), backend);
            case EdgeVectorCheck.KIND -> List.of(new Checked("–", new EdgeVectorCheck(file).check(place.device(), place.dtype())));
            case GeometryVectorCheck.KIND -> List.of(new Checked("–", new GeometryVectorCheck(file).check(place.device(), place.dtype())));
            case "" -> throw new IOException(path + ": no metadata entry \"kind\", so this is no file of golden vectors");
            case String kind -> throw new IOException(path + ": vectors of kind \"" + kind + "\" belong to no part of this workbench");
        };
    }

    private List<Checked> attention(IpaVectorCheck check, String name) throws IOException {
        List<Checked> results = new ArrayList<>();
        for (var assessment : workbench.backends().assess(check.config(), place.device(), place.dtype())) {
            AttentionBackend backend = assessment.backend();
            if (name.equals(backend.name()) && !assessment.support().ok()) {
                throw new IllegalStateException("attention backend " + assessment);
            }
            if (assessment.support().ok() && (name.equals(ALL) || name.equals(backend.name()))) {
                results.add(new Checked(backend.name(), check.check(place.device(), place.dtype(), backend)));
            }
        }
        if (results.isEmpty()) {
            // says which backends there are
            workbench.backends().choose(name.equals(ALL) ? AttentionBackends.AUTO : name, check.config(), place.device(), place.dtype());
        }
        return results;
    }
}
