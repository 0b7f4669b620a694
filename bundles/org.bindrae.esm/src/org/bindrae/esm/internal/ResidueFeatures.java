package org.bindrae.esm.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;

/** What is known of a residue from its type alone. */
final class ResidueFeatures {
    private static final String RESOURCE = "residue-features.txt";
    private static final int PROPERTIES = 9;
    private static final double HYDROPATHY_SCALE = 4.5;
    private static final double MEAN_VOLUME = 140;
    private static final double VOLUME_SCALE = 40;
    private static final double SUBSTITUTION_SCALE = 4;
    private static final List<float[]> TABLE = read();

    /** One-hot type (20 and the unknown), nine properties, twenty substitution scores. */
    static final int WIDTH = ResidueConstants.TYPES + 1 + PROPERTIES + ResidueConstants.TYPES;

    private ResidueFeatures() {
    }

    /** Writes the features of a type from {@code offset} on. */
    static void store(int type, float[] target, int offset) {
        float[] features = TABLE.get(type);
        target[offset + type] = 1;
        System.arraycopy(features, 0, target, offset + ResidueConstants.TYPES + 1, features.length);
    }

    private static List<float[]> read() {
        try (InputStream stream = ResidueFeatures.class.getResourceAsStream(RESOURCE);
                BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
            float[][] table = new float[ResidueConstants.TYPES + 1][];
            reader.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                String[] words = line.split(" ");
                table[ResidueConstants.typeOfLetter(words[0].charAt(0))] = scaled(Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray());
            });
            return List.of(table);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + RESOURCE + " of this bundle cannot be read", e);
        }
    }

    /** Brings the columns of the table to a size of about one. */
    private static float[] scaled(double[] columns) {
        float[] features = new float[PROPERTIES + ResidueConstants.TYPES];
        for (int i = 0; i < features.length; i++) {
            features[i] = (float) switch (i) {
                case 0 -> columns[i] / HYDROPATHY_SCALE;
                case 1 -> (columns[i] - MEAN_VOLUME) / VOLUME_SCALE;
                default -> i < PROPERTIES ? columns[i] : columns[i] / SUBSTITUTION_SCALE;
            };
        }
        return features;
    }
}
