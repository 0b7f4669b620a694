package org.bindrae.training;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import org.bindrae.data.Split;
import org.bindrae.tensor.io.AtomicFiles;

/**
 * The folder of a training run, which explains itself: {@code config.json} (complete), {@code provenance.json}, {@code split.json}, {@code metrics.csv},
 * {@code history.jsonl}, TensorBoard events, {@code checkpoints/} and {@code report.html}. Locked while open, so that no two processes train in one folder.
 */
public final class RunDirectory implements AutoCloseable {
    private static final String CONFIG = "config.json";
    private static final String PROVENANCE = "provenance.json";
    private static final String SPLIT = "split.json";
    private static final String CHECKPOINTS = "checkpoints";
    private static final String LOCK = ".lock";
    /** What a run that was ended before it began may have left. */
    private static final Set<String> REMAINS = Set.of(LOCK, SPLIT, CHECKPOINTS);

    private final Path folder;
    private final FileChannel channel;
    private final CheckpointFolder checkpoints;

    private RunDirectory(Path folder, FileChannel channel, CheckpointFolder.Storage storage) {
        this.folder = folder;
        this.channel = channel;
        this.checkpoints = new CheckpointFolder(folder.resolve(CHECKPOINTS), storage);
    }

    /**
     * Makes the folder of a new run.
     *
     * @param config complete configuration as JSON
     * @throws IOException naming the folder, when it is not empty or in use, or cannot be written
     */
    public static RunDirectory create(Path folder, String config, Split split) throws IOException {
        return create(folder, config, split, AtomicFiles::write);
    }

    static RunDirectory create(Path folder, String config, Split split, CheckpointFolder.Storage storage) throws IOException {
        Files.createDirectories(folder);
        requireEmpty(folder);
        FileChannel channel = lock(folder);
        try {
            requireEmpty(folder);
            removeTemporary(folder);
            Files.createDirectories(folder.resolve(CHECKPOINTS));
            split.write(folder.resolve(SPLIT));
            // last, because with it the run exists
            AtomicFiles.write(folder.resolve(CONFIG), config);
            return new RunDirectory(folder, channel, storage);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Opens the folder of a run that is to go on.
     *
     * @throws IOException naming the folder, when there is no run in it or it is in use
     */
    public static RunDirectory resume(Path folder) throws IOException {
        return resume(folder, AtomicFiles::write);
    }

    static RunDirectory resume(Path folder, CheckpointFolder.Storage storage) throws IOException {
        requireRun(folder);
        FileChannel channel = lock(folder);
        try {
            removeTemporary(folder);
            Files.createDirectories(folder.resolve(CHECKPOINTS));
            removeTemporary(folder.resolve(CHECKPOINTS));
            return new RunDirectory(folder, channel, storage);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void requireRun(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve(CONFIG))) {
            throw new NoSuchFileException(folder.toString(), null, "is not the folder of a training run: it has no " + CONFIG);
        }
    }

    private static void requireEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Optional<String> first = files.map(file -> file.getFileName().toString()).filter(name -> !REMAINS.contains(name) && !isTemporary(name))
                    .sorted().findFirst();
            if (first.isPresent()) {
                throw new FileAlreadyExistsException(folder.toString(), null, "is not empty, it holds " + first.get()
                        + "; take another folder for a new run, or resume the one in it");
            }
        }
    }

    private static boolean isTemporary(String name) {
        return name.startsWith(".") && name.endsWith(".tmp");
    }

    private static void removeTemporary(Path folder) throws IOException {
        List<Path> left;
        try (Stream<Path> files = Files.list(folder)) {
            left = files.filter(file -> isTemporary(file.getFileName().toString())).toList();
        }
        for (Path file : left) {
            Files.delete(file);
        }
    }

    /** The operating system gives the lock back however the process ends. */
    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // another run of this process
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException(folder + " is in use: another training run has locked it; wait for its end or take another folder");
        }
        return channel;
    }

    public Path folder() {
        return folder;
    }

    /** The complete configuration that the run goes on with. */
    public String config() throws IOException {
        return Files.readString(configFile(folder));
    }

    /** Says how the run goes on. */
    void replaceConfig(String config) throws IOException {
        AtomicFiles.write(configFile(folder), config);
    }

    /** The configuration file of a run. */
    public static Path configFile(Path folder) {
        return folder.resolve(CONFIG);
    }

    public Split split() throws IOException {
        return Split.read(splitFile(folder));
    }

    /** The split of a run. */
    public static Path splitFile(Path folder) {
        return folder.resolve(SPLIT);
    }

    /** Where the report is to be written. */
    public static Path reportFile(Path folder) {
        return folder.resolve("report.html");
    }

    /** A row per step and validation. */
    public static Path metricsFile(Path folder) {
        return folder.resolve("metrics.csv");
    }

    /** What happened when, a JSON object per line. */
    public static Path historyFile(Path folder) {
        return folder.resolve("history.jsonl");
    }

    /** Versions, data, machine and seeds. */
    public static Path provenanceFile(Path folder) {
        return folder.resolve(PROVENANCE);
    }

    CheckpointFolder checkpoints() {
        return checkpoints;
    }

    /**
     * The folder of the run that a checkpoint belongs to.
     *
     * @return empty where it lies in none
     */
    public static Optional<Path> of(Path checkpoint) {
        Path checkpoints = checkpoint.toAbsolutePath().getParent();
        return Optional.ofNullable(checkpoints.getParent()).filter(folder -> Files.isRegularFile(configFile(folder)));
    }

    /**
     * The weights of a run: its best checkpoint, or the latest when nothing was validated.
     *
     * @throws IOException naming the folder, when there is none yet
     */
    public static Path weights(Path folder) throws IOException {
        requireRun(folder);
        var checkpoints = new CheckpointFolder(folder.resolve(CHECKPOINTS));
        Optional<Path> best = checkpoints.best();
        Optional<Path> found = best.isPresent() ? best : checkpoints.latest();
        return found.orElseThrow(() -> new NoSuchFileException(folder.toString(), null, "has no checkpoint yet; train it first"));
    }

    /** The latest checkpoint of a run, if there is one. */
    public static Optional<Path> latestCheckpoint(Path folder) throws IOException {
        requireRun(folder);
        return new CheckpointFolder(folder.resolve(CHECKPOINTS)).latest();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
