package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.bindrae.tensor.io.AtomicFiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Which samples train, which validate, which test. Made once, kept as JSON, reused.
 *
 * @param method how the groups were made: {@code target}, {@code family}, {@code identity}
 * @param seed of the assignment of groups
 * @param parameters of the method, sorted by name
 * @param train ids, sorted
 * @param validation ids, sorted
 * @param test ids, sorted
 */
public record Split(String method, long seed, Map<String, String> parameters, List<String> train, List<String> validation, List<String> test) {
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** @throws IllegalArgumentException when an id occurs twice */
    public Split {
        parameters = Map.copyOf(parameters);
        train = List.copyOf(train).stream().sorted().toList();
        validation = List.copyOf(validation).stream().sorted().toList();
        test = List.copyOf(test).stream().sorted().toList();
        Set<String> seen = new HashSet<>();
        for (List<String> part : List.of(train, validation, test)) {
            for (String id : part) {
                if (!seen.add(id)) {
                    throw new IllegalArgumentException("the split has the sample " + id + " twice");
                }
            }
        }
    }

    /** All ids, sorted. */
    public List<String> ids() {
        List<String> ids = new ArrayList<>(train);
        ids.addAll(validation);
        ids.addAll(test);
        return ids.stream().sorted().toList();
    }

    /** Writes it as JSON, complete or not at all. */
    public void write(Path file) throws IOException {
        AtomicFiles.write(file, JSON.writeValueAsString(new Split(method, seed, new TreeMap<>(parameters), train, validation, test)) + "\n");
    }

    /**
     * Reads a split.
     *
     * @throws DataSetException naming the file and, where there is one, the line
     */
    public static Split read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new DataSetException(file, "no such split");
        }
        try {
            return JSON.readValue(Files.readAllBytes(file), Split.class);
        } catch (JsonProcessingException e) {
            String problem = "not a split: " + e.getOriginalMessage().lines().findFirst().orElse("");
            throw e.getLocation() == null ? new DataSetException(file, problem) : new DataSetException(file, e.getLocation().getLineNr(), problem);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new DataSetException(file, "not a split: " + e.getMessage());
        }
    }
}
