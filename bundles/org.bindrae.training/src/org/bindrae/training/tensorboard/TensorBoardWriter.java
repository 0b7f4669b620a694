package org.bindrae.training.tensorboard;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * Writes scalars to an event file that TensorBoard reads while it grows. Every call writes whole records, so that a process that ends at any moment leaves a
 * readable file.
 */
public final class TensorBoardWriter implements AutoCloseable {
    /** Fields of tensorflow.Event. */
    private static final int WALL_TIME = 1, STEP = 2, FILE_VERSION = 3, SUMMARY = 5, SESSION_LOG = 7;
    /** Fields of tensorflow.Summary and Summary.Value. */
    private static final int VALUE = 1, TAG = 1, SIMPLE_VALUE = 2;
    /** Field and value of tensorflow.SessionLog that make TensorBoard forget later steps of earlier files. */
    private static final int STATUS = 1, START = 1;

    private final Path file;
    private final OutputStream out;
    private final RecordWriter records;
    private final InstantSource clock;

    /**
     * Starts a new event file.
     *
     * @param firstStep the step from which on this file counts: what earlier files of the folder say of it and later ones is void
     * @throws IOException naming the file, when it cannot be written
     */
    public TensorBoardWriter(Path folder, long firstStep, InstantSource clock) throws IOException {
        this.clock = clock;
        this.file = newFile(folder);
        this.out = new FileOutputStream(file.toFile());
        this.records = new RecordWriter(out);
        write(event().putString(FILE_VERSION, "brain.Event:2"));
        if (firstStep > 0) {
            write(event().putInteger(STEP, firstStep).putMessage(SESSION_LOG, new ProtobufMessage().putInteger(STATUS, START)));
        }
    }

    /** TensorBoard reads the files of a folder in the order of their names and asks for the second of their creation in it. */
    private Path newFile(Path folder) throws IOException {
        long second = clock.instant().getEpochSecond();
        for (int n = 0;; n++) {
            Path candidate = folder.resolve("events.out.tfevents." + second + ".bindrae." + n);
            if (!Files.exists(candidate)) {
                return candidate;
            }
        }
    }

    public Path file() {
        return file;
    }

    /**
     * Writes the scalars of a step.
     *
     * @throws IOException naming the file, when it cannot be written
     */
    public void write(long step, Map<String, Double> scalars) throws IOException {
        ProtobufMessage summary = new ProtobufMessage();
        scalars.forEach((tag, value) -> summary.putMessage(VALUE, new ProtobufMessage().putString(TAG, tag).putFloat(SIMPLE_VALUE, value.floatValue())));
        write(event().putInteger(STEP, step).putMessage(SUMMARY, summary));
    }

    private ProtobufMessage event() {
        return new ProtobufMessage().putDouble(WALL_TIME, clock.millis() * 1e-3);
    }

    private void write(ProtobufMessage event) throws IOException {
        try {
            records.write(event.toByteArray());
        } catch (IOException e) {
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
