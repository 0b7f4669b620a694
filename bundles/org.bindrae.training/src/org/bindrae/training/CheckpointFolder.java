package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.bindrae.tensor.io.AtomicFiles;

/** The checkpoints of a run: the latest few by their step, and the best. */
final class CheckpointFolder {
    private static final Pattern NAME = Pattern.compile("step-\\d{8,}\\.safetensors");
    private static final String BEST = "best.safetensors";

    private final Path folder;
    private final Storage storage;

    /** Puts a file in its place, complete or not at all. */
    @FunctionalInterface
    interface Storage {
        void write(Path file, AtomicFiles.Content content) throws IOException;
    }

    CheckpointFolder(Path folder) {
        this(folder, AtomicFiles::write);
    }

    CheckpointFolder(Path folder, Storage storage) {
        this.folder = folder;
        this.storage = storage;
    }

    /**
     * Writes the checkpoint of a step, then removes the oldest ones over the number to keep.
     *
     * @throws IOException naming the file, and the checkpoint that the run can go on from
     */
    Path write(long step, AtomicFiles.Content content, int keep) throws IOException {
        Path file = folder.resolve(String.format(Locale.ROOT, "step-%08d.safetensors", step));
        write(file, content);
        removeOld(keep);
        return file;
    }

    /** Removes the oldest ones over the number to keep. */
    void removeOld(int keep) throws IOException {
        List<Path> all = all();
        for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
            Files.delete(old);
        }
    }

    /** Replaces the best checkpoint. */
    Path writeBest(AtomicFiles.Content content) throws IOException {
        Path file = folder.resolve(BEST);
        write(file, content);
        return file;
    }

    private void write(Path file, AtomicFiles.Content content) throws IOException {
        try {
            storage.write(file, content);
        } catch (IOException e) {
            String rest = latest().map(last -> "; the run can go on from " + last.getFileName() + " once there is room")
                    .orElse("; there is no earlier checkpoint");
            throw new IOException(e.getMessage() + rest, e);
        }
    }

    /** Those of steps, oldest first. */
    List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparingLong(CheckpointFolder::step)).toList();
        }
    }

    private static long step(Path file) {
        String name = file.getFileName().toString();
        return Long.parseLong(name.substring("step-".length(), name.indexOf('.')));
    }

    Optional<Path> latest() throws IOException {
        List<Path> all = all();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    Optional<Path> best() {
        return Optional.of(folder.resolve(BEST)).filter(Files::exists);
    }
}
