package org.bindrae.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over what a sample is made of. Each part is preceded by its name and length, so that no two inputs read alike. */
final class SampleHash {
    private static final int CHUNK = 1 << 16;

    private final MessageDigest digest;

    SampleHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    SampleHash add(String name, String text) {
        return add(name, text.getBytes(StandardCharsets.UTF_8));
    }

    SampleHash add(String name, byte[] bytes) {
        head(name, bytes.length);
        digest.update(bytes);
        return this;
    }

    /** The bytes of a file, and its name without folders. */
    SampleHash add(String name, Path file) throws IOException {
        head(name + " " + file.getFileName(), Files.size(file));
        try (InputStream in = Files.newInputStream(file)) {
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                digest.update(chunk, 0, count);
            }
        }
        return this;
    }

    /** Hexadecimal; ends the hash. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    private void head(String name, long length) {
        digest.update((name + "\n" + length + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
