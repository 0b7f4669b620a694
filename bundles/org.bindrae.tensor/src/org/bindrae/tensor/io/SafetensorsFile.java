package org.bindrae.tensor.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * A safetensors file: eight bytes of header length, a JSON header, and the arrays. A large file is mapped into memory, not loaded; it may be replaced by another under its name while this
 * object lives, but must not be cut short in place. Thread-safe; nothing needs to be closed.
 */
public final class SafetensorsFile {
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
        MemorySegment file = FileMemory.of(path);
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
