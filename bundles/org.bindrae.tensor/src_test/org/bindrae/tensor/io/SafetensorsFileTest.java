package org.bindrae.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    @Test
    void readsWhatTheWriterWrote() throws IOException {
        Path file = folder.resolve("a.safetensors");
        new SafetensorsWriter().metadata(Map.of("units", "nm", "ångström", "\"quoted\"\n"))
                .add("bytes", StoredArray.of(Shape.of(3), (byte) 1, (byte) -1, (byte) 0))
                .add("w.x", StoredArray.of(Shape.of(2, 2), 1f, -2.5f, Float.NaN, Float.MIN_VALUE)).add("d", StoredArray.of(Shape.of(1), Math.PI))
                .add("i", StoredArray.of(Shape.of(2), Integer.MIN_VALUE, 7)).add("l", StoredArray.of(Shape.of(2), Long.MAX_VALUE, -1L))
                .add("scalar", StoredArray.of(Shape.of(), 3.0))
                .add("none", StoredArray.of(Shape.of(0, 5), new float[0])).write(file);

        SafetensorsFile read = SafetensorsFile.read(file);
        assertEquals(List.of("d", "l", "scalar", "w.x", "i", "none", "bytes"), read.names());
        assertEquals(Map.of("units", "nm", "ångström", "\"quoted\"\n"), read.metadata());
        assertArrayEquals(new double[] {1, 255, 0}, read.doubles("bytes"));
        assertArrayEquals(new float[] {1f, -2.5f, Float.NaN, Float.MIN_VALUE}, read.floats("w.x"));
        assertArrayEquals(new double[] {Math.PI}, read.doubles("d"));
        assertArrayEquals(new int[] {Integer.MIN_VALUE, 7}, read.ints("i"));
        assertArrayEquals(new long[] {Long.MAX_VALUE, -1}, read.longs("l"));
        assertEquals(Shape.of(), read.shape("scalar"));
        assertEquals(Shape.of(0, 5), read.shape("none"));
        assertEquals(0, read.floats("none").length);
        assertEquals(ElementType.U8, read.dtype("bytes"));
        assertTrue(read.contains("d"));
        assertFalse(read.contains("e"));
    }

    @Test
    void readsLargeFilesWithoutLoadingThem() throws IOException {
        Path file = folder.resolve("large.safetensors");
        float[] values = new float[(int) FileMemory.SMALLEST_MAPPING];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        new SafetensorsWriter().add("b", StoredArray.of(Shape.of(1), (byte) 3)).add("x", StoredArray.of(Shape.of(values.length), values)).write(file);
        SafetensorsFile read = SafetensorsFile.read(file);
        assertTrue(read.array("x").data().isNative());
        assertArrayEquals(values, read.floats("x"));
        assertArrayEquals(new int[] {3}, read.ints("b"));
        // what was opened stays readable when the name is given to another file
        new SafetensorsWriter().write(file);
        assertArrayEquals(values, read.floats("x"));
    }

    @Test
    void sameContentGivesTheSameAlignedBytes() throws IOException {
        byte[] first = written("a");
        assertArrayEquals(first, written("b"));
        long header = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, header % 8);
    }

    private byte[] written(String name) throws IOException {
        Path file = folder.resolve(name);
        new SafetensorsWriter().metadata(Map.of("k", "v", "a", "b", "z", "y")).add("x", StoredArray.of(Shape.of(3), 1f, 2f, 3f))
                .add("y", StoredArray.of(Shape.of(1), 4.0)).write(file);
        return Files.readAllBytes(file);
    }

    @Test
    void widensEveryElementType() throws IOException {
        check("F16", new byte[] {0, 0x3C, 0, (byte) 0xC0, 0, 0x7C, 1, 0}, 1, -2, Double.POSITIVE_INFINITY, 0x1p-24);
        check("BF16", new byte[] {(byte) 0x80, 0x3F, 0x49, (byte) 0xC0}, 1, -3.140625);
        check("F32", ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0.1f).array(), 0.1f);
        check("F64", ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(0.1).array(), 0.1);
        check("I8", new byte[] {-128, 127}, -128, 127);
        check("U8", new byte[] {-128, 127}, 128, 127);
        check("I16", new byte[] {0, -128, -1, 0}, -32768, 255);
        check("I32", new byte[] {0, 0, 0, -128}, Integer.MIN_VALUE);
        check("I64", new byte[] {0, 0, 0, 0, 1, 0, 0, 0}, 0x1p32);
        check("BOOL", new byte[] {0, 1}, 0, 1);
    }

    private void check(String type, byte[] data, double... expected) throws IOException {
        String header = "{\"a\":{\"dtype\":\"" + type + "\",\"shape\":[" + expected.length + "],\"data_offsets\":[0," + data.length + "]}}";
        SafetensorsFile file = SafetensorsFile.read(file(header, data));
        assertArrayEquals(expected, file.doubles("a"), type);
        float[] floats = file.floats("a");
        for (int i = 0; i < expected.length; i++) {
            assertEquals((float) expected[i], floats[i], type);
        }
        if (ElementType.valueOf(type).isFloating()) {
            assertThrows(SafetensorsException.class, () -> file.ints("a"), type);
        } else if (type.equals("I64")) {
            assertThrows(SafetensorsException.class, () -> file.ints("a"), type);
            assertEquals(1L << 32, file.longs("a")[0]);
        } else {
            assertArrayEquals(Arrays.stream(expected).mapToInt(x -> (int) x).toArray(), file.ints("a"), type);
        }
    }

    @Test
    void namesOfMissingEntriesAreTold() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", new byte[1]));
        var fault = assertThrows(SafetensorsException.class, () -> file.doubles("b"));
        assertEquals(file.path() + ": no entry \"b\" among its 1 entries", fault.getMessage());
    }

    @Test
    void rejectsDamagedLengths() throws IOException {
        assertFault("3 bytes are too few", raw(new byte[3]));
        assertFault("header length 18446744073709551615 is beyond the limit", raw(ByteBuffer.allocate(20).putLong(-1).array()));
        assertFault("header length 100000001 is beyond the limit", raw(ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(100_000_001).array()));
        assertFault("header length 13 is beyond the end of the file of 20 bytes", raw(
                ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(13).array()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {"a":| not valid JSON
            {"a" 1}| not valid JSON at character 5
            {} {}| goes on after its JSON object
            [1]| is not a JSON object
            ^^| is not a JSON object
            {"a":5}| entry "a" is not an object
            {"__metadata__":[]}| entry "__metadata__" is not an object
            {"__metadata__":{"k":1}}| the value of "k" in "__metadata__" is not a string
            {"__metadata__":{"k":"1","k":"1"}}| key "k" appears twice in "__metadata__"
            {"__metadata__":{},"__metadata__":{}}| entry "__metadata__" appears twice
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}| entry "a" appears twice
            {"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}| entry "a" has field "dtype" twice
            {"a":{"shape":[1],"data_offsets":[0,4]}}| entry "a" lacks "dtype"
            {"a":{"dtype":"F32","data_offsets":[0,4]}}| entry "a" lacks "shape"
            {"a":{"dtype":"F32","shape":[1]}}| entry "a" lacks "data_offsets"
            {"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}| entry "a" has dtype "F4", which is not one of
            {"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}| entry "a" has dtype that is not a string
            {"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}| entry "a" has a shape that is not an array
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}| entry "a" has a shape with "-1"
            {"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}| entry "a" has a shape with "1.0"
            {"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}}| entry "a" has a shape with "null"
            {"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}| entry "a" has a shape with "["
            {"a":{"dtype":"F32","shape":[3000000000],"data_offsets":[0,4]}}| entry "a" has a shape [3000000000] that is too large
            {"a":{"dtype":"F32","shape":[2000000000,2000000000,4],"data_offsets":[0,4]}}| that is too large
            {"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}| more than 32 numbers
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}| entry "a" has 1 data_offsets, not two
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}| entry "a" has a data_offsets with "-4"
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808]}}| entry "a" has a data_offsets with "9223372036854775808"
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}| entry "a" has data_offsets [4, 0] that run backwards
            {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}| entry "a" has data_offsets [0, 8] of 8 bytes, but shape [3] of F32 takes 12
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}| entries "a" and "b" overlap at byte 2
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}| bytes 4 to 6 of the data
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}| 4 bytes after the last entry belong to no entry
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}| after 8 of 12 bytes, inside
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a\\nb":{}}| entry "a?b" lacks "dtype"
            """)
    void rejectsDamagedHeaders(String header, String message) throws IOException {
        assertFault(message, file(header, new byte[8]));
    }

    @Test
    void acceptsPaddingAndFieldsOfTheFuture() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(file("{\"a\":{\"new\":{\"x\":[1]},\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}   ",
                new byte[] {9}));
        assertEquals(9, file.doubles("a")[0]);
    }

    @Test
    void rejectsTextThatIsNotUtf8() throws IOException {
        byte[] json = "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}".getBytes(StandardCharsets.UTF_8);
        json[2] = (byte) 0xFF;
        assertFault("the header is not UTF-8 text", file(json, new byte[1]));
        assertFault("not valid JSON", file("{}".getBytes(StandardCharsets.UTF_16LE), new byte[0]));
    }

    @Test
    void mutationsGiveAFaultOrAFile() throws IOException {
        Path file = folder.resolve("good");
        new SafetensorsWriter().metadata("k", "value").add("first", StoredArray.of(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f))
                .add("second", StoredArray.of(Shape.of(2), 1, 2))
                .add("third", StoredArray.of(Shape.of(1), 1.0)).write(file);
        byte[] good = Files.readAllBytes(file);
        var random = new SplittableRandom(42);
        int readable = 0;
        for (int trial = 0; trial < 6_000; trial++) {
            byte[] bad = Mutations.of(good, random, "{}[]\",:0123456789-eF");
            Path damaged = Files.write(folder.resolve("bad"), bad);
            try {
                SafetensorsFile read = SafetensorsFile.read(damaged);
                for (String name : read.names()) {
                    assertEquals(read.shape(name).size(), read.doubles(name).length);
                }
                readable++;
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith(damaged + ": "), e.getMessage());
                assertFalse(e.getMessage().contains("\n"), e.getMessage());
            }
        }
        assertTrue(readable > 30 && readable < 5_700, "files that can still be read: " + readable);
    }

    private void assertFault(String message, Path file) {
        var fault = assertThrows(SafetensorsException.class, () -> SafetensorsFile.read(file));
        assertTrue(fault.getMessage().startsWith(file + ": "), fault.getMessage());
        assertTrue(fault.getMessage().contains(message), fault.getMessage());
    }

    private Path file(String header, byte[] data) throws IOException {
        return file(header == null ? new byte[0] : header.getBytes(StandardCharsets.UTF_8), data);
    }

    private Path file(byte[] header, byte[] data) throws IOException {
        return raw(ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).put(data).array());
    }

    private Path raw(byte[] content) throws IOException {
        return Files.write(folder.resolve("raw"), content);
    }
}
