package org.bindrae.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

import org.bindrae.tensor.Shape;

/** NumPy's NPY files (format versions 1.0, 2.0 and 3.0) with one little-endian array of numbers. */
public final class NpyFile {
    private static final int ALIGNMENT = 64;

    private NpyFile() {
    }

    /**
     * The array of a file, in row-major order: a view of the file, or a copy where the file is in Fortran order.
     *
     * @throws IOException naming the file and the fault
     */
    public static StoredArray read(Path path) throws IOException {
        return read(path, FileMemory.of(path));
    }

    /**
     * The arrays of an NPZ file, which is a ZIP file of NPY files, by name without ending, in the order of the file.
     *
     * @throws IOException naming the file and the fault
     */
    public static Map<String, StoredArray> readAll(Path path) throws IOException {
        Map<String, StoredArray> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                try (InputStream in = zip.getInputStream(entry)) {
                    arrays.put(entry.getName().replaceFirst("\\.npy$", ""), read(path.resolve(entry.getName()), MemorySegment.ofArray(in.readAllBytes())));
                }
            }
        } catch (ZipException e) {
            throw new IOException(path + ": is no NPZ file: " + e.getMessage(), e);
        }
        return arrays;
    }

    private static StoredArray read(Path path, MemorySegment file) throws IOException {
        NpyHeader header = NpyHeader.read(path, file);
        long expected;
        try {
            expected = Math.multiplyExact(header.shape().size(), header.type().bytes());
        } catch (ArithmeticException e) {
            throw new IOException(path + ": an array of shape " + header.shape() + " is too large", e);
        }
        long there = file.byteSize() - header.bytes();
        if (there < expected) {
            throw new IOException(path + ": " + header.shape() + " of " + header.type() + " takes " + expected + " bytes, but only " + there
                    + " are there; the file is cut short");
        }
        if (there > expected) {
            throw new IOException(path + ": " + (there - expected) + " bytes follow the array");
        }
        var stored = new StoredArray(header.type(), header.shape(), file.asSlice(header.bytes()));
        return header.fortranOrder() && header.shape().rank() > 1 ? toRowMajor(stored) : stored;
    }

    /** Reorders an array whose first dimension varies fastest. */
    private static StoredArray toRowMajor(StoredArray columnMajor) {
        int width = columnMajor.type().bytes();
        int[] dims = columnMajor.shape().toArray();
        MemorySegment source = columnMajor.data();
        MemorySegment target = FileMemory.allocate(source.byteSize());
        int[] index = new int[dims.length];
        for (long at = 0; at < columnMajor.shape().size(); at++) {
            long from = 0;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                from = from * dims[axis] + index[axis];
            }
            MemorySegment.copy(source, from * width, target, at * width, width);
            for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return new StoredArray(columnMajor.type(), columnMajor.shape(), target);
    }

    /**
     * Writes format version 1.0, complete or not at all.
     *
     * @throws IllegalArgumentException for BF16, which NPY lacks
     * @throws IOException naming the file, when it cannot be written
     */
    public static void write(Path path, StoredArray array) throws IOException {
        if (array.type().npy() == null) {
            throw new IllegalArgumentException("NPY files have no " + array.type());
        }
        byte[] header = header(array);
        AtomicFiles.write(path, out -> {
            out.write(header);
            SafetensorsWriter.write(array.data(), out);
        });
    }

    private static byte[] header(StoredArray array) {
        Shape shape = array.shape();
        String dims = Arrays.stream(shape.toArray()).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", shape.rank() == 1 ? ",)" : ")"));
        String text = "{'descr': '" + array.type().npy() + "', 'fortran_order': False, 'shape': " + dims + ", }";
        int prefix = NpyHeader.MAGIC.length + 4;
        int length = Math.ceilDiv(prefix + text.length() + 1, ALIGNMENT) * ALIGNMENT;
        ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        header.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) (length - prefix));
        header.put((text + " ".repeat(length - prefix - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }
}
