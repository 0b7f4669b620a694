package org.bindrae.geometry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Values computed by OpenFold in double precision for one structure; reads just enough of safetensors. */
record GoldenVectors(String name, String header, ByteBuffer data) {
    private static final Path OWN = Path.of("src_test", "vectors");
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
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int length = Math.toIntExact(bytes.getLong(0));
            String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
            ByteBuffer data = bytes.slice(8 + length, bytes.capacity() - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
            return new GoldenVectors(file.getFileName().toString(), header, data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ByteBuffer bytes(String key, String dtype) {
        String entry = "\"" + Pattern.quote(key) + "\"\\s*:\\s*\\{\\s*\"dtype\"\\s*:\\s*\"" + dtype
                + "\"[^}]*\"data_offsets\"\\s*:\\s*\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*\\]";
        Matcher matcher = Pattern.compile(entry).matcher(header);
        if (!matcher.find()) {
            throw new IllegalArgumentException(name + " has no " + key + " of type " + dtype);
        }
        int from = Integer.parseInt(matcher.group(1));
        return data.slice(from, Integer.parseInt(matcher.group(2)) - from).order(ByteOrder.LITTLE_ENDIAN);
    }

    double[] doubles(String key) {
        ByteBuffer bytes = bytes(key, "F64");
        double[] values = new double[bytes.capacity() / Double.BYTES];
        bytes.asDoubleBuffer().get(values);
        return values;
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
        ByteBuffer bytes = bytes("in.aatype", "I32");
        int[] values = new int[bytes.capacity() / Integer.BYTES];
        bytes.asIntBuffer().get(values);
        return values;
    }

    @Override
    public String toString() {
        return name;
    }
}
