package org.bindrae.training;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** {@code history.jsonl}: what happened to a run, a JSON object with the time and the event per line. Never cut: it tells of interruptions as well. */
final class HistoryLog implements AutoCloseable {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final Path path;
    private final RandomAccessFile file;
    private final InstantSource clock;

    HistoryLog(Path path, InstantSource clock) throws IOException {
        this.path = path;
        this.clock = clock;
        this.file = new RandomAccessFile(path.toFile(), "rw");
        file.seek(file.length());
        if (file.length() > 0) {
            file.seek(file.length() - 1);
            if (file.read() != '\n') {
                // the last line was not finished
                file.write('\n');
            }
        }
    }

    /** Appends an event, its details by name; values are numbers, strings, or maps and lists of these. */
    void write(String event, long step, Map<String, ?> details) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
        line.put("event", event);
        line.put("step", step);
        line.putAll(new TreeMap<>(details));
        try {
            file.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IOException(path + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
