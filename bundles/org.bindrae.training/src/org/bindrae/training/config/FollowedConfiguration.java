package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

import org.bindrae.tensor.io.AtomicFiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Which configuration a run follows; {@code follows.json} in its folder.
 *
 * @param name empty for none
 * @param fixed keys that were set by hand and stay
 */
record FollowedConfiguration(String name, Set<String> fixed) {
    static final FollowedConfiguration NONE = new FollowedConfiguration("", Set.of());

    private static final String FILE = "follows.json";

    static FollowedConfiguration of(ChosenConfiguration chosen) {
        return new FollowedConfiguration(chosen.name(), chosen.fixed());
    }

    /** Of a run; none for a run that has no such file. */
    static FollowedConfiguration read(Path run) throws IOException {
        Path file = run.resolve(FILE);
        if (!Files.exists(file)) {
            return NONE;
        }
        try {
            FollowedConfiguration read = JsonMapper.builder().build().readValue(Files.readString(file), FollowedConfiguration.class);
            return new FollowedConfiguration(read.name == null ? "" : read.name, read.fixed == null ? Set.of() : read.fixed);
        } catch (JsonProcessingException e) {
            throw new ConfigException(file + ": " + e.getOriginalMessage());
        }
    }

    void write(Path run) throws IOException {
        FollowedConfiguration sorted = new FollowedConfiguration(name, new TreeSet<>(fixed));
        AtomicFiles.write(run.resolve(FILE), JsonMapper.builder().build().valueToTree(sorted).toPrettyString() + "\n");
    }
}
