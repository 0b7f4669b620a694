package org.bindrae.tensor.io;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import org.bindrae.tensor.Shape;

/**
 * Golden vectors: a safetensors file of inputs {@code in.…}, parameters {@code param.…}, results {@code out.…} and gradients {@code grad.…} that other code
 * computed, with what made them in the metadata. Everything that is missing or not as it should be is an error that names the file and the entry.
 */
public final class VectorFile {
    /** Before the name of a parameter. */
    public static final String PARAMETER = "param.";
    /** Before the name of an input or parameter: its gradient; before that of a result: the gradient from above. */
    public static final String GRADIENT = "grad.";
    private static final String KIND = "kind";

    private final SafetensorsFile file;

    /** @throws SafetensorsException if the file is of another kind, according to its metadata */
    public VectorFile(SafetensorsFile file, String kind) throws IOException {
        this.file = file;
        String found = text(KIND);
        if (!found.equals(kind)) {
            throw problem("holds vectors of kind \"" + found + "\", not \"" + kind + "\"");
        }
    }

    /** The kind of vectors that a file holds, or empty when its metadata name none. */
    public static String kind(SafetensorsFile file) {
        return file.metadata().getOrDefault(KIND, "");
    }

    /** A metadata entry that must be there. */
    public String text(String key) throws IOException {
        String value = file.metadata().get(key);
        if (value == null) {
            throw problem("no metadata entry \"" + key + "\"");
        }
        return value;
    }

    /** A metadata entry that is one of {@code choices}. */
    public String choice(String key, String... choices) throws IOException {
        String value = text(key);
        if (!Arrays.asList(choices).contains(value)) {
            throw problem("metadata entry \"" + key + "\" is \"" + value + "\"; known are " + String.join(", ", choices));
        }
        return value;
    }

    /** A metadata entry that is a whole number, not negative. */
    public int number(String key) throws IOException {
        String value = text(key);
        try {
            return Integer.parseUnsignedInt(value.strip());
        } catch (NumberFormatException e) {
            throw problem("metadata entry \"" + key + "\" is \"" + value + "\", not a whole number");
        }
    }

    public boolean contains(String name) {
        return file.contains(name);
    }

    public Shape shape(String name) throws IOException {
        return file.shape(name);
    }

    /** Values of an entry that must have this shape. */
    public double[] doubles(String name, int... dims) throws IOException {
        requireShape(name, dims);
        return file.doubles(name);
    }

    /** Whole numbers of an entry that must have this shape. */
    public int[] ints(String name, int... dims) throws IOException {
        requireShape(name, dims);
        return file.ints(name);
    }

    /** An entry of zeros and ones that must have this shape. */
    public boolean[] mask(String name, int... dims) throws IOException {
        double[] values = doubles(name, dims);
        boolean[] mask = new boolean[values.length];
        for (int i = 0; i < mask.length; i++) {
            if (values[i] != 0 && values[i] != 1) {
                throw problem("entry \"" + name + "\" is a mask, but holds " + values[i]);
            }
            mask[i] = values[i] == 1;
        }
        return mask;
    }

    private void requireShape(String name, int... dims) throws IOException {
        Shape expected = Shape.of(dims);
        if (!file.shape(name).equals(expected)) {
            throw problem("entry \"" + name + "\" has shape " + file.shape(name) + " where " + expected + " is needed");
        }
    }

    /** The gradients {@code grad.…} of these names that the file has. */
    public Map<String, double[]> gradients(Map<String, Shape> names) throws IOException {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> entry : names.entrySet()) {
            String name = GRADIENT + entry.getKey();
            if (file.contains(name)) {
                gradients.put(name, doubles(name, entry.getValue().toArray()));
            }
        }
        return gradients;
    }

    /** Fails at the first entry of the file that is not among {@code known}. */
    public void requireOnly(Set<String> known) throws IOException {
        for (String name : file.names()) {
            if (!known.contains(name)) {
                throw problem("entry \"" + name + "\" is unexpected in a file of kind \"" + text(KIND) + "\" with these settings");
            }
        }
    }

    /** An error that names the file. */
    public SafetensorsException problem(String problem) {
        return new SafetensorsException(file.path(), problem);
    }
}
