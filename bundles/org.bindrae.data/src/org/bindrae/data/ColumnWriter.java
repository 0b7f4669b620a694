package org.bindrae.data;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import java.util.zip.Deflater;

/**
 * Puts columns of numbers and names one after another so that they deflate well. Each begins with its length; of numbers all lowest bytes come first, then
 * all second bytes, and so on. Read back by {@link ColumnReader}.
 */
final class ColumnWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Whole numbers, small ones best: the sign goes into the lowest bit. */
    ColumnWriter ints(int[] values) {
        return planes(values.length, Integer.BYTES, i -> values[i] << 1 ^ values[i] >> 31);
    }

    ColumnWriter doubles(double[] values) {
        return planes(values.length, Double.BYTES, i -> Double.doubleToRawLongBits(values[i]));
    }

    ColumnWriter floats(float[] values) {
        return planes(values.length, Float.BYTES, i -> Float.floatToRawIntBits(values[i]));
    }

    ColumnWriter bits(boolean[] values) {
        length(values.length);
        byte[] packed = new byte[Math.ceilDiv(values.length, Byte.SIZE)];
        for (int i = 0; i < values.length; i++) {
            packed[i / Byte.SIZE] |= (byte) (values[i] ? 1 << i % Byte.SIZE : 0);
        }
        bytes.writeBytes(packed);
        return this;
    }

    ColumnWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        length(utf8.length);
        bytes.writeBytes(utf8);
        return this;
    }

    /** Names of which many are the same: each different one, then which it is. */
    ColumnWriter names(List<String> values) {
        Map<String, Integer> places = new TreeMap<>();
        List<String> different = new ArrayList<>();
        int[] which = values.stream().mapToInt(value -> places.computeIfAbsent(value, name -> {
            different.add(name);
            return different.size() - 1;
        })).toArray();
        length(different.size());
        different.forEach(this::text);
        return ints(which);
    }

    private ColumnWriter planes(int length, int width, IntToLongFunction value) {
        length(length);
        for (int plane = 0; plane < width; plane++) {
            for (int i = 0; i < length; i++) {
                bytes.write((int) (value.applyAsLong(i) >>> Byte.SIZE * plane));
            }
        }
        return this;
    }

    private void length(int length) {
        for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            bytes.write(length >> shift);
        }
    }

    /** All columns, deflated. */
    byte[] toBytes() {
        var deflated = new ByteArrayOutputStream();
        byte[] some = new byte[1 << 13];
        try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
            deflater.setInput(bytes.toByteArray());
            deflater.finish();
            while (!deflater.finished()) {
                deflated.write(some, 0, deflater.deflate(some));
            }
        }
        return deflated.toByteArray();
    }
}
