package org.bindrae.training.tensorboard;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Encodes the fields of one protocol-buffer message. */
final class ProtobufMessage {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    ProtobufMessage putDouble(int field, double value) {
        varint(field << 3 | FIXED64);
        bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
        return this;
    }

    ProtobufMessage putFloat(int field, float value) {
        varint(field << 3 | FIXED32);
        bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
        return this;
    }

    ProtobufMessage putInteger(int field, long value) {
        varint(field << 3 | VARINT);
        varint(value);
        return this;
    }

    ProtobufMessage putString(int field, String value) {
        return putBytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    ProtobufMessage putMessage(int field, ProtobufMessage message) {
        return putBytes(field, message.toByteArray());
    }

    private ProtobufMessage putBytes(int field, byte[] value) {
        varint(field << 3 | BYTES);
        varint(value.length);
        bytes.writeBytes(value);
        return this;
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }
}
