package org.bindrae.tensor.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * A safetensors file: eight bytes of header length, a JSON header, and the arrays. A large file is mapped into memory, not loaded; it may be replaced by
 * another under its name while this object lives, but must not be cut short in place. Thread-safe; nothing needs to be closed.
 */
public final class SafetensorsFile {
    private static final int NAMES_TOLD = 4;

    private final Path path;
    private final SafetensorsHeader header;
    private final MemorySegment data;

    private SafetensorsFile(Path path, SafetensorsHeader header, MemorySegment data) {
        this.path = path;
        this.header = header;
        this.data = data;
    }

    /**
     * Opens a file and checks all of its structure, so that every array of it can be read afterwards.
     *
     * @throws SafetensorsException naming the file, the entry and the fault
     */
    public static SafetensorsFile read(Path path) throws IOException {
        return of(path, FileMemory.of(path));
    }

    /**
     * The same of a content that was read from elsewhere, such as an archive.
     *
     * @param name what messages call it
     * @param content must not be changed afterwards
     * @throws SafetensorsException naming the file, the entry and the fault
     */
    public static SafetensorsFile of(Path name, byte[] content) throws IOException {
        return of(name, MemorySegment.ofArray(content).asReadOnly());
    }

    private static SafetensorsFile of(Path path, MemorySegment file) throws SafetensorsException {
        SafetensorsHeader header = SafetensorsHeader.read(path, file);
        return new SafetensorsFile(path, header, file.asSlice(header.bytes()));
    }

    public Path path() {
        return path;
    }

    /** Free text by key; empty when there is none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /** The names of the arrays in the order of the header. */
    public List<String> names() {
        return List.copyOf(header.entries().keySet());
    }

    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    /** @throws SafetensorsException when there is no such array */
    public ElementType dtype(String name) throws IOException {
        return entry(name).type();
    }

    /** @throws SafetensorsException when there is no such array */
    public Shape shape(String name) throws IOException {
        return entry(name).shape();
    }

    /**
     * The array itself, on the mapped file.
     *
     * @throws SafetensorsException when there is no such array
     */
    public StoredArray array(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        return new StoredArray(entry.type(), entry.shape(), data.asSlice(entry.begin(), entry.end() - entry.begin()));
    }

    /**
     * The array in double precision, from any element type.
     *
     * @throws SafetensorsException when there is no such array
     */
    public double[] doubles(String name) throws IOException {
        return read(name, StoredArray::doubles);
    }

    /**
     * The array rounded to float, from any element type.
     *
     * @throws SafetensorsException when there is no such array
     */
    public float[] floats(String name) throws IOException {
        return read(name, StoredArray::floats);
    }

    /**
     * An array of an integer type.
     *
     * @throws SafetensorsException when there is no such array, or it is not of integers, or one does not fit
     */
    public int[] ints(String name) throws IOException {
        return read(name, StoredArray::ints);
    }

    /**
     * An array of an integer type.
     *
     * @throws SafetensorsException when there is no such array, or it is not of integers
     */
    public long[] longs(String name) throws IOException {
        return read(name, StoredArray::longs);
    }

    /**
     * Overwrites a tensor with an array of exactly its shape, converting between types.
     *
     * @throws SafetensorsException when there is no such array, or its shape is another
     */
    public void copyTo(String name, Tensor target) throws IOException {
        Shape shape = entry(name).shape();
        if (!shape.equals(target.shape())) {
            throw new SafetensorsException(path, "entry " + Quotation.of(name) + " has shape " + shape + " where " + target.shape() + " is needed");
        }
        read(name, array -> {
            array.copyTo(target);
            return target;
        });
    }

    /**
     * Overwrites each tensor with the array {@code path + its name}, converting between floating types. The tensors and the arrays whose names start with
     * {@code path} must be the same set with the same shapes; otherwise nothing is overwritten.
     *
     * @throws SafetensorsException naming the first few arrays that are missing, of another shape, or too many
     */
    public void copyAll(String path, Map<String, Tensor> targets) throws IOException {
        List<String> missing = new ArrayList<>();
        List<String> different = new ArrayList<>();
        for (Map.Entry<String, Tensor> target : targets.entrySet()) {
            SafetensorsHeader.Entry entry = header.entries().get(path + target.getKey());
            if (entry == null) {
                missing.add(path + target.getKey());
            } else if (!entry.shape().equals(target.getValue().shape())) {
                different.add(entry.name() + " (" + entry.shape() + " for " + target.getValue().shape() + ")");
            } else if (entry.type().isFloating() != target.getValue().dtype().isFloating()) {
                different.add(entry.name() + " (" + entry.type() + " for " + target.getValue().dtype() + ")");
            }
        }
        List<String> extra = names().stream().filter(name -> name.startsWith(path) && !targets.containsKey(name.substring(path.length()))).toList();
        if (!missing.isEmpty() || !different.isEmpty() || !extra.isEmpty()) {
            String faults = Stream.of(some("missing", missing), some("different", different), some("unknown", extra)).filter(s -> !s.isEmpty())
                    .collect(Collectors.joining("; "));
            throw new SafetensorsException(this.path, "these are not the arrays that the model needs: " + faults);
        }
        for (Map.Entry<String, Tensor> target : targets.entrySet()) {
            copyTo(path + target.getKey(), target.getValue());
        }
    }

    private static String some(String fault, List<String> names) {
        if (names.isEmpty()) {
            return "";
        }
        String rest = names.size() > NAMES_TOLD ? " and " + (names.size() - NAMES_TOLD) + " more" : "";
        return fault + " " + names.stream().limit(NAMES_TOLD).map(Quotation::of).collect(Collectors.joining(", ")) + rest;
    }

    private <T> T read(String name, Function<StoredArray, T> conversion) throws IOException {
        try {
            return conversion.apply(array(name));
        } catch (IllegalStateException e) {
            throw new SafetensorsException(path, "entry " + Quotation.of(name) + ": " + e.getMessage(), e);
        }
    }

    private SafetensorsHeader.Entry entry(String name) throws SafetensorsException {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new SafetensorsException(path, "no entry " + Quotation.of(name) + " among its " + header.entries().size() + " entries");
        }
        return entry;
    }

    @Override
    public String toString() {
        return path + " (" + header.entries().size() + " arrays)";
    }
}
