package org.bindrae.training.tensorboard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
    /** 1.5e9 s: 0x41D65A0BC0000000 as a double. */
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_500_000_000));
    @TempDir
    private Path folder;

    private static String hex(byte[] bytes, int from, int to) {
        return HexFormat.of().formatHex(bytes, from, to);
    }

    @Test
    void checksumsAreThoseOfTheFormat() {
        // RFC 3720, B.4: CRC-32C of 32 zeros is 0x8A9136AA; masked as in leveldb: ((crc >>> 15) | (crc << 17)) + 0xA282EAD8
        int crc = 0x8A9136AA;
        assertEquals((crc >>> 15 | crc << 17) + 0xA282EAD8, RecordWriter.maskedCrc(new byte[32], 0, 32));
        // the eight bytes of a length of 24, with which every event file begins
        assertEquals(0x224B7FA3, RecordWriter.maskedCrc(new byte[] {24, 0, 0, 0, 0, 0, 0, 0}, 0, 8));
    }

    @Test
    void theFileBeginsWithTheVersionEvent() throws IOException {
        try (var writer = new TensorBoardWriter(folder, 0, CLOCK)) {
            byte[] bytes = Files.readAllBytes(writer.file());
            assertEquals(40, bytes.length);
            assertEquals("1800000000000000a37f4b22", hex(bytes, 0, 12));
            assertEquals("09000000c00b5ad6411a0d" + HexFormat.of().formatHex("brain.Event:2".getBytes(StandardCharsets.US_ASCII)), hex(bytes, 12, 36));
        }
    }

    @Test
    void scalarsAreEncodedAsSummaries() throws IOException {
        try (var writer = new TensorBoardWriter(folder, 0, CLOCK)) {
            writer.write(300, Map.of("loss", 0.5));
            byte[] bytes = Files.readAllBytes(writer.file());
            // wall_time, step = 300, summary { value { tag: "loss", simple_value: 0.5f } }
            String event = "09000000c00b5ad641" + "10ac02" + "2a0d" + "0a0b" + "0a046c6f7373" + "150000003f";
            assertEquals(event, hex(bytes, 40 + 12, bytes.length - 4));
            assertEquals(event.length() / 2, bytes[40]);
            byte[] data = HexFormat.of().parseHex(event);
            int crc = RecordWriter.maskedCrc(data, 0, data.length);
            byte[] last = Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length);
            assertArrayEquals(new byte[] {(byte) crc, (byte) (crc >> 8), (byte) (crc >> 16), (byte) (crc >> 24)}, last);
        }
    }

    @Test
    void aResumedRunVoidsWhatEarlierFilesSayOfItsSteps() throws IOException {
        try (var first = new TensorBoardWriter(folder, 0, CLOCK); var second = new TensorBoardWriter(folder, 7, CLOCK)) {
            assertNotEquals(first.file(), second.file());
            byte[] bytes = Files.readAllBytes(second.file());
            assertEquals("09000000c00b5ad641" + "1007" + "3a02" + "0801", hex(bytes, 40 + 12, bytes.length - 4));
        }
    }
}
