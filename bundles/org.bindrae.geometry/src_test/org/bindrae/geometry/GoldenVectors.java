package org.bindrae.geometry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.tensor.io.SafetensorsFile;

/** Values computed by OpenFold in double precision for one structure. */
record GoldenVectors(SafetensorsFile file) {
    private static final Path OWN = Path.of("..", "org.bindrae.samples", "src", "vectors");
    private static final Path SHARED = Path.of("..", "..", "..", "shared", "vectors");

    /** All geometry files: this bundle's, and more where the reference material lies beside the checkout. */
    static Stream<GoldenVectors> all() {
        return Stream.of(OWN, SHARED).filter(Files::isDirectory).flatMap(GoldenVectors::in);
    }

    static GoldenVectors of(String name) {
        return read(OWN.resolve("geom_" + name + ".safetensors"));
    }

    private static Stream<GoldenVectors> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file -> file.getFileName().toString().startsWith("geom_")).sorted().toList();
            return found.stream().map(GoldenVectors::read);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static GoldenVectors read(Path file) {
        try {
            return new GoldenVectors(SafetensorsFile.read(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    double[] doubles(String key) {
        try {
            return file.doubles(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean[] mask(String key) {
        double[] values = doubles(key);
        boolean[] mask = new boolean[values.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = values[i] > 0.5;
        }
        return mask;
    }

    int[] types() {
        try {
            return file.ints("in.aatype");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return file.path().getFileName().toString();
    }
}
