package org.bindrae.tensor.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import org.bindrae.tensor.Tensor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

/**
 * Collects arrays and writes them as one safetensors file. The same names, arrays and metadata give the same bytes; arrays are in the order in which they were
 * added, wider element types first so that each is aligned.
 */
public final class SafetensorsWriter {
    private static final int CHUNK = 1 << 16;

    private final Map<String, String> metadata = new TreeMap<>();
    private final Map<String, StoredArray> arrays = new LinkedHashMap<>();

    /** Replaces what the key held. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, Objects.requireNonNull(value, key));
        return this;
    }

    public SafetensorsWriter metadata(Map<String, String> entries) {
        entries.forEach(this::metadata);
        return this;
    }

    /** The array is read when the file is written. */
    public SafetensorsWriter add(String name, StoredArray array) {
        if (name.equals(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException(name + " is reserved");
        }
        if (arrays.putIfAbsent(name, array) != null) {
            throw new IllegalArgumentException("there are two arrays " + name);
        }
        return this;
    }

    /** The tensor is read when the file is written if the host can read it, and copied now otherwise. */
    public SafetensorsWriter add(String name, Tensor tensor) {
        return add(name, StoredArray.of(tensor));
    }

    public SafetensorsWriter addAll(Map<String, Tensor> tensors) {
        tensors.forEach(this::add);
        return this;
    }

    /**
     * Writes the file, complete or not at all.
     *
     * @throws IOException naming the file, when it cannot be written
     */
    public void write(Path file) throws IOException {
        AtomicFiles.write(file, this::writeTo);
    }

    /** Writes the bytes of the file elsewhere. */
    public void writeTo(OutputStream out) throws IOException {
        List<Map.Entry<String, StoredArray>> sorted = new ArrayList<>(arrays.entrySet());
        sorted.sort(Comparator.comparing(e -> -e.getValue().type().bytes()));
        byte[] header = header(sorted);
        if (header.length > SafetensorsHeader.LARGEST) {
            throw new IOException("a header of " + header.length + " bytes is beyond the format's limit of " + SafetensorsHeader.LARGEST);
        }
        out.write(ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
        out.write(header);
        for (Map.Entry<String, StoredArray> entry : sorted) {
            write(entry.getValue().data(), out);
        }
    }

    /** The JSON, padded with blanks so that the data begin at a multiple of eight. */
    private byte[] header(List<Map.Entry<String, StoredArray>> sorted) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsHeader.METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long position = 0;
            for (Map.Entry<String, StoredArray> entry : sorted) {
                StoredArray array = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", array.type().name());
                json.writeArrayFieldStart("shape");
                for (int dim : array.shape().toArray()) {
                    json.writeNumber(dim);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(position);
                position += array.data().byteSize();
                json.writeNumber(position);
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        while (bytes.size() % SafetensorsHeader.LENGTH_BYTES != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    static void write(MemorySegment data, OutputStream out) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, data.byteSize())];
        for (long at = 0; at < data.byteSize(); at += chunk.length) {
            int count = (int) Math.min(chunk.length, data.byteSize() - at);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, count);
            out.write(chunk, 0, count);
        }
    }
}
