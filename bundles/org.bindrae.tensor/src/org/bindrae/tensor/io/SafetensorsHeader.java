package org.bindrae.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;

/**
 * The header of a safetensors file, checked against the size of the file.
 *
 * @param bytes where the arrays begin
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, long bytes) {
    static final String METADATA = "__metadata__";
    /** As in the format's own reader. */
    static final long LARGEST = 100_000_000;
    static final int LENGTH_BYTES = 8;
    private static final int MOST_DIMENSIONS = 32;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).maxNameLength(100_000).maxStringLength((int) LARGEST).maxNumberLength(40)
                    .build())
            .build();

    /**
     * @param begin first byte, counted from the end of the header
     * @param end byte after the last
     */
    record Entry(String name, ElementType type, Shape shape, long begin, long end) {
    }

    static SafetensorsHeader read(Path path, MemorySegment file) throws SafetensorsException {
        long size = file.byteSize();
        if (size < LENGTH_BYTES) {
            throw new SafetensorsException(path, size + " bytes are too few for a safetensors file, which begins with 8 bytes of header length");
        }
        long length = file.get(LONG, 0);
        if (length < 0 || length > LARGEST) {
            throw new SafetensorsException(path, "header length " + Long.toUnsignedString(length) + " is beyond the limit of " + LARGEST
                    + " bytes; this is hardly a safetensors file");
        }
        if (length > size - LENGTH_BYTES) {
            throw new SafetensorsException(path, "header length " + length + " is beyond the end of the file of " + size
                    + " bytes; the file is cut short or not a safetensors file");
        }
        var header = new SafetensorsHeader(new LinkedHashMap<>(), new LinkedHashMap<>(), LENGTH_BYTES + length);
        new Reader(path, header).read(new SegmentInput(file.asSlice(LENGTH_BYTES, length)));
        header.checkLayout(path, size - LENGTH_BYTES - length);
        return header;
    }

    /** The arrays must fill the data from the first to the last byte. */
    private void checkLayout(Path path, long dataBytes) throws SafetensorsException {
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long position = 0;
        Entry last = null;
        for (Entry entry : sorted) {
            if (entry.begin < position) {
                throw new SafetensorsException(path, "entries " + Quotation.of(last.name) + " and " + Quotation.of(entry.name) + " overlap at byte "
                        + entry.begin + " of the data");
            }
            if (entry.begin > position) {
                throw new SafetensorsException(path, "bytes " + position + " to " + entry.begin + " of the data, before entry " + Quotation.of(entry.name)
                        + ", belong to no entry");
            }
            position = entry.end;
            last = entry;
        }
        if (position > dataBytes) {
            Entry cut = sorted.stream().filter(e -> e.end > dataBytes).findFirst().orElseThrow();
            throw new SafetensorsException(path, "the data end after " + dataBytes + " of " + position + " bytes, inside entry " + Quotation.of(cut.name)
                    + "; the file is cut short");
        }
        if (position < dataBytes) {
            throw new SafetensorsException(path, dataBytes - position + " bytes after the last entry belong to no entry");
        }
    }

    /** Reads the JSON of one header. */
    private static final class Reader {
        private final Path path;
        private final SafetensorsHeader header;
        private boolean metadataSeen;

        Reader(Path path, SafetensorsHeader header) {
            this.path = path;
            this.header = header;
        }

        void read(InputStream utf8) throws SafetensorsException {
            try (JsonParser parser = JSON.createParser(new InputStreamReader(utf8, StandardCharsets.UTF_8.newDecoder()))) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new SafetensorsException(path, "the header is not a JSON object");
                }
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    if (name.equals(METADATA)) {
                        readMetadata(parser);
                    } else {
                        readEntry(parser, name);
                    }
                }
                if (parser.nextToken() != null) {
                    throw new SafetensorsException(path, "the header goes on after its JSON object");
                }
            } catch (SafetensorsException e) {
                throw e;
            } catch (JsonProcessingException e) {
                String where = e.getLocation() == null ? "" : " at character " + e.getLocation().getCharOffset();
                throw new SafetensorsException(path, "the header is not valid JSON" + where + ": " + e.getOriginalMessage().replaceAll("\\s+", " "), e);
            } catch (CharacterCodingException e) {
                throw new SafetensorsException(path, "the header is not UTF-8 text", e);
            } catch (IOException e) {
                throw new SafetensorsException(path, "the header cannot be read: " + e.getMessage(), e);
            }
        }

        private void readMetadata(JsonParser parser) throws IOException {
            if (metadataSeen) {
                throw fault(METADATA, "appears twice");
            }
            metadataSeen = true;
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw fault(METADATA, "is not an object");
            }
            for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw new SafetensorsException(path, "the value of " + Quotation.of(key) + " in " + Quotation.of(METADATA) + " is not a string");
                }
                if (header.metadata.put(key, parser.getText()) != null) {
                    throw new SafetensorsException(path, "key " + Quotation.of(key) + " appears twice in " + Quotation.of(METADATA));
                }
            }
        }

        private void readEntry(JsonParser parser, String name) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw fault(name, "is not an object");
            }
            ElementType type = null;
            long[] shape = null;
            long[] offsets = null;
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                parser.nextToken();
                switch (field) {
                    case "dtype" -> type = first(name, field, type, type(parser, name));
                    case "shape" -> shape = first(name, field, shape, numbers(parser, name, field));
                    case "data_offsets" -> offsets = first(name, field, offsets, numbers(parser, name, field));
                    default -> parser.skipChildren();
                }
            }
            if (type == null || shape == null || offsets == null) {
                throw fault(name, "lacks " + Quotation.of(type == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
            }
            if (header.entries.put(name, entry(name, type, shape, offsets)) != null) {
                throw fault(name, "appears twice");
            }
        }

        private <T> T first(String name, String field, T before, T value) throws SafetensorsException {
            if (before != null) {
                throw fault(name, "has field " + Quotation.of(field) + " twice");
            }
            return value;
        }

        private ElementType type(JsonParser parser, String name) throws IOException {
            String text = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
            for (ElementType type : ElementType.values()) {
                if (type.name().equals(text)) {
                    return type;
                }
            }
            throw fault(name, "has dtype " + (text == null ? "that is not a string" : Quotation.of(text) + ", which is not one of "
                    + Arrays.toString(ElementType.values())));
        }

        private long[] numbers(JsonParser parser, String name, String field) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw fault(name, "has a " + field + " that is not an array");
            }
            long[] numbers = new long[MOST_DIMENSIONS];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        || parser.getLongValue() < 0) {
                    throw fault(name, "has a " + field + " with " + Quotation.of(parser.getText()) + ", which is not a whole number from 0 to 2^63-1");
                }
                if (count == MOST_DIMENSIONS) {
                    throw fault(name, "has a " + field + " of more than " + MOST_DIMENSIONS + " numbers");
                }
                numbers[count++] = parser.getLongValue();
            }
            return Arrays.copyOf(numbers, count);
        }

        private Entry entry(String name, ElementType type, long[] shape, long[] offsets) throws SafetensorsException {
            if (offsets.length != 2) {
                throw fault(name, "has " + offsets.length + " data_offsets, not two");
            }
            if (offsets[0] > offsets[1]) {
                throw fault(name, "has data_offsets " + Arrays.toString(offsets) + " that run backwards");
            }
            Shape dims;
            long bytes;
            try {
                dims = Shape.of(Arrays.stream(shape).mapToInt(Math::toIntExact).toArray());
                bytes = Math.multiplyExact(dims.size(), type.bytes());
            } catch (ArithmeticException e) {
                throw new SafetensorsException(path, "entry " + Quotation.of(name) + " has a shape " + Arrays.toString(shape) + " that is too large", e);
            }
            if (bytes != offsets[1] - offsets[0]) {
                throw fault(name, "has data_offsets " + Arrays.toString(offsets) + " of " + (offsets[1] - offsets[0]) + " bytes, but shape " + dims + " of "
                        + type + " takes " + bytes);
            }
            return new Entry(name, type, dims, offsets[0], offsets[1]);
        }

        private SafetensorsException fault(String name, String fault) {
            return new SafetensorsException(path, "entry " + Quotation.of(name) + " " + fault);
        }
    }

    /** The bytes of a segment as a stream. */
    private static final class SegmentInput extends InputStream {
        private final MemorySegment bytes;
        private long position;

        SegmentInput(MemorySegment bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return position < bytes.byteSize() ? bytes.get(ValueLayout.JAVA_BYTE, position++) & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (length == 0) {
                return 0;
            }
            int count = (int) Math.min(length, bytes.byteSize() - position);
            if (count == 0) {
                return -1;
            }
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, target, offset, count);
            position += count;
            return count;
        }
    }
}
