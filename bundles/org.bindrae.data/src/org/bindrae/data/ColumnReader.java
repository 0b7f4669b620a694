package org.bindrae.data;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Reads the columns of a {@link ColumnWriter} in their order. A method throws when the next column cannot be of its kind. */
final class ColumnReader {
    private final ByteBuffer bytes;

    /** @throws IOException when the bytes are not deflated ones */
    ColumnReader(byte[] deflated) throws IOException {
        var inflated = new ByteArrayOutputStream();
        byte[] some = new byte[1 << 13];
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(deflated);
            while (!inflater.finished()) {
                int count = inflater.inflate(some);
                if (count == 0 && !inflater.finished()) {
                    throw new EOFException("ends early");
                }
                inflated.write(some, 0, count);
            }
        } catch (DataFormatException e) {
            throw new IOException(e.getMessage(), e);
        }
        bytes = ByteBuffer.wrap(inflated.toByteArray());
    }

    int[] ints() throws IOException {
        long[] raw = planes(Integer.BYTES);
        int[] values = new int[raw.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (int) raw[i] >>> 1 ^ -((int) raw[i] & 1);
        }
        return values;
    }

    double[] doubles() throws IOException {
        long[] raw = planes(Double.BYTES);
        double[] values = new double[raw.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.longBitsToDouble(raw[i]);
        }
        return values;
    }

    float[] floats() throws IOException {
        long[] raw = planes(Float.BYTES);
        float[] values = new float[raw.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat((int) raw[i]);
        }
        return values;
    }

    boolean[] bits() throws IOException {
        boolean[] values = new boolean[length(Byte.SIZE)];
        byte[] packed = take(Math.ceilDiv(values.length, Byte.SIZE));
        for (int i = 0; i < values.length; i++) {
            values[i] = (packed[i / Byte.SIZE] >> i % Byte.SIZE & 1) != 0;
        }
        return values;
    }

    String text() throws IOException {
        return new String(take(length(1)), StandardCharsets.UTF_8);
    }

    List<String> names() throws IOException {
        int count = length(1);
        List<String> different = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            different.add(text());
        }
        List<String> values = new ArrayList<>();
        for (int which : ints()) {
            if (which < 0 || which >= count) {
                throw new IOException("name " + which + " of " + count);
            }
            values.add(different.get(which));
        }
        return values;
    }

    private long[] planes(int width) throws IOException {
        long[] values = new long[length(1)];
        for (int plane = 0; plane < width; plane++) {
            byte[] taken = take(values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] |= (taken[i] & 0xffL) << Byte.SIZE * plane;
            }
        }
        return values;
    }

    /** @param perByte how many values a byte has room for, so that a wrong length costs no memory */
    private int length(int perByte) throws IOException {
        if (bytes.remaining() < Integer.BYTES) {
            throw new EOFException("ends early");
        }
        int length = bytes.getInt();
        if (length < 0 || length > (long) perByte * bytes.remaining()) {
            throw new EOFException("ends early");
        }
        return length;
    }

    private byte[] take(int length) throws IOException {
        if (length > bytes.remaining()) {
            throw new EOFException("ends early");
        }
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }
}
