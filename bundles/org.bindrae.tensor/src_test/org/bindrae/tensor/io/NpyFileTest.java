package org.bindrae.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

import org.bindrae.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(value = ElementType.class, mode = EnumSource.Mode.EXCLUDE, names = "BF16")
    void readsWhatItWrote(ElementType type) throws IOException {
        Path file = folder.resolve("a.npy");
        double[] values = type == ElementType.BOOL ? new double[] {1, 0, 0, 1, 1, 0} : new double[] {1, 0, 3, 100, 7, 20};
        NpyFile.write(file, StoredArray.of(type, Shape.of(2, 3), values));
        StoredArray read = NpyFile.read(file);
        assertEquals(type, read.type());
        assertEquals(Shape.of(2, 3), read.shape());
        assertArrayEquals(values, read.doubles());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void readsEveryRank(int rank) throws IOException {
        Path file = folder.resolve("a.npy");
        int[] dims = new int[rank];
        Arrays.fill(dims, 2);
        float[] values = new float[1 << rank];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        NpyFile.write(file, StoredArray.of(Shape.of(dims), values));
        assertEquals(Shape.of(dims), NpyFile.read(file).shape());
        assertArrayEquals(values, NpyFile.read(file).floats());
    }

    /** The bytes of {@code numpy.save(f, numpy.arange(3, dtype="<i4"))}, NumPy 2. */
    @Test
    void writesTheBytesThatNumpyWrites() throws IOException {
        var expected = new ByteArrayOutputStream();
        expected.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
        String header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }";
        expected.write((header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
        expected.write(new byte[] {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0});
        Path file = folder.resolve("a.npy");
        NpyFile.write(file, StoredArray.of(Shape.of(3), 0, 1, 2));
        assertArrayEquals(expected.toByteArray(), Files.readAllBytes(file));
    }

    @Test
    void turnsFortranOrderIntoRowMajor() throws IOException {
        Path matrix = file(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", new byte[] {0, 10, 1, 11, 2, 12});
        assertArrayEquals(new double[] {0, 1, 2, 10, 11, 12}, NpyFile.read(matrix).doubles());
        Path cube = file(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 1, 2), }\n", new byte[] {0, 0, 10, 0, 1, 0, 11, 0});
        assertArrayEquals(new int[] {0, 1, 10, 11}, NpyFile.read(cube).ints());
        Path empty = file(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (0, 4), }\n", new byte[0]);
        assertEquals(0, NpyFile.read(empty).doubles().length);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryFormatVersion(int version) throws IOException {
        Path file = file(version, "{\"shape\":(2,),'fortran_order':False,'descr':'|i1'}", new byte[] {5, -5});
        assertArrayEquals(new int[] {5, -5}, NpyFile.read(file).ints());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {'descr': '>f4', 'fortran_order': False, 'shape': (1,), }| big-endian numbers
            {'descr': '<c8', 'fortran_order': False, 'shape': (1,), }| elements of type "<c8" are not supported
            {'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }| arrays of records are not supported
            {'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }| True or False expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }| a dimension from 0 to 2147483647 expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (4000000000,), }| a dimension from 0 to 2147483647 expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (2000000000,2000000000,4), }| too large
            {'descr': '<f8', 'fortran_order': False, 'shape': (2000000000,2000000000), }| too large
            {'descr': '<f4', 'fortran_order': False, 'shape': (2,), }| [2] of F32 takes 8 bytes, but only 4 are there
            {'descr': '<i2', 'fortran_order': False, 'shape': (1,), }| 2 bytes follow the array
            {'descr': '<f4', 'fortran_order': False, }| is missing
            {'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }| unknown or there twice
            {'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x| text after the dictionary
            {'descr': '<f4', 'fortran_order': False, 'shape': (1,| expected
            {'descr': '<f4| a string does not end
            ^^| '{' expected
            """)
    void rejectsDamagedHeaders(String header, String message) throws IOException {
        assertFault(message, file(1, header == null ? "" : header, new byte[4]));
    }

    @Test
    void rejectsWhatIsNoNpyFile() throws IOException {
        assertFault("not an NPY file", raw(new byte[0]));
        assertFault("not an NPY file", raw("PK\u0003\u0004 an npz".getBytes(StandardCharsets.US_ASCII)));
        assertFault("version 4", raw(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 0, 0, 0, 0}));
        assertFault("cut short", raw(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 5}));
        assertFault("cut short", raw(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 5, 0, '{'}));
        assertFault("beyond the limit", raw(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1}));
    }

    @Test
    void mutationsGiveAFaultOrAnArray() throws IOException {
        byte[] good = Files.readAllBytes(file(2, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", new byte[24]));
        var random = new SplittableRandom(7);
        int readable = 0;
        for (int trial = 0; trial < 6_000; trial++) {
            Path damaged = Files.write(folder.resolve("bad"), Mutations.of(good, random, "{}()',: 0123456789<>|fiub"));
            try {
                StoredArray read = NpyFile.read(damaged);
                assertEquals(read.shape().size(), read.doubles().length);
                readable++;
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith(damaged + ": "), e.getMessage());
                assertFalse(e.getMessage().contains("\n"), e.getMessage());
            }
        }
        assertTrue(readable > 30 && readable < 5_700, "files that can still be read: " + readable);
    }

    private void assertFault(String message, Path file) {
        var fault = assertThrows(IOException.class, () -> NpyFile.read(file));
        assertTrue(fault.getMessage().startsWith(file + ": "), fault.getMessage());
        assertTrue(fault.getMessage().contains(message), fault.getMessage());
    }

    private Path file(int version, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer content = ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        content.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            content.putShort((short) text.length);
        } else {
            content.putInt(text.length);
        }
        content.put(text).put(data);
        return raw(Arrays.copyOf(content.array(), content.position()));
    }

    private Path raw(byte[] content) throws IOException {
        return Files.write(folder.resolve("raw.npy"), content);
    }
}
