package org.bindrae.training.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Where exported weights come from, as JSON under {@value #KEY} in the metadata of their file.
 *
 * @param trainedWith version and revision of the workbench that began the run
 * @param exportedWith version and revision of the one that wrote the file
 * @param date when the checkpoint was written, ISO 8601
 * @param task that it was trained for, in lower case
 * @param seed of the run
 * @param steps that the optimiser took
 * @param parameters numbers that were trained
 * @param training what it learned from
 * @param validation what it was validated on
 * @param split how the two were told apart
 * @param monitor what validation measured, in lower case
 * @param validated its result at this step; null if there was none
 */
public record ModelOrigin(String trainedWith, String exportedWith, String date, String task, long seed, long steps, long parameters, Data training,
        Data validation, Splitting split, String monitor, Double validated) {
    /** Metadata key. */
    public static final String KEY = "origin";

    private static final JsonMapper JSON = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    /**
     * Samples.
     *
     * @param sha256 over their names and contents
     */
    public record Data(long samples, long residues, String sha256) {
    }

    /**
     * How samples were divided.
     *
     * @param parameters of the method
     * @param training number of samples, as the others
     */
    public record Splitting(String method, long seed, Map<String, String> parameters, int training, int validation, int test) {
    }

    /**
     * Reads it back.
     *
     * @param metadata of a weights file
     * @return null where it does not say
     * @throws IOException naming the file, when it cannot be read
     */
    public static ModelOrigin of(Path file, Map<String, String> metadata) throws IOException {
        String text = metadata.get(KEY);
        try {
            return text == null ? null : JSON.readValue(text, ModelOrigin.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": " + KEY + " of its metadata cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    /** As the text of {@link #KEY}. */
    public String json() throws IOException {
        return JSON.writeValueAsString(this);
    }
}
