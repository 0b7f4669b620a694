package org.bindrae.training.tensorboard;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Writes records in the TFRecord framing: length (8 bytes), its masked CRC-32C, the data, their masked CRC-32C; all little-endian. */
final class RecordWriter {
    private static final int MASK = 0xA282EAD8;

    private final OutputStream out;

    RecordWriter(OutputStream out) {
        this.out = out;
    }

    /** One record in one write. */
    void write(byte[] data) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedCrc(record.array(), 0, 8));
        record.put(data);
        record.putInt(maskedCrc(data, 0, data.length));
        out.write(record.array());
    }

    /** The checksum rotated and shifted, so that the checksum of data that contain checksums is not degenerate. */
    static int maskedCrc(byte[] data, int from, int count) {
        CRC32C crc = new CRC32C();
        crc.update(data, from, count);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }
}
