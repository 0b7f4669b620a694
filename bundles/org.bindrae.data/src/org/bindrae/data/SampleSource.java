package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.osgi.annotation.versioning.ProviderType;

/** Prepared samples: those of a folder, or of one packed file. Thread-safe. */
@ProviderType
public sealed interface SampleSource permits SampleCache, SamplePack {
    /**
     * What is known of a sample without all of it.
     *
     * @param residues how many it has
     * @param hash changes whenever the sample does
     */
    record Entry(String id, int residues, String hash) {
    }

    /**
     * Opens what is there: a folder of samples or a packed file.
     *
     * @throws IOException naming the path, when there is nothing or a file that is no pack or cannot be used
     */
    static SampleSource open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return new SampleCache(path);
        }
        if (!Files.exists(path)) {
            throw new IOException(path + ": no such folder or file; prepared samples are made with: prepare");
        }
        return SamplePack.open(path);
    }

    /** The folder or the file. */
    Path path();

    /** Ids of all samples, sorted. */
    List<String> ids() throws IOException;

    /** Whether there is a sample of this id. */
    boolean has(String id);

    /** @throws IOException naming the file, when it has no such sample or that cannot be used */
    Entry entry(String id) throws IOException;

    /** @throws IOException naming the file, when it has no such sample or that is damaged or of another version */
    Sample read(String id) throws IOException;
}
