package org.bindrae.tensor.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.Shape;

/**
 * The header of an NPY file: a Python dictionary of three entries.
 *
 * @param bytes where the array begins
 */
record NpyHeader(ElementType type, boolean fortranOrder, Shape shape, long bytes) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** Far more than any header of plain numbers needs. */
    private static final int LARGEST = 10_000;

    static NpyHeader read(Path path, MemorySegment file) throws IOException {
        int prefix = MAGIC.length + 2;
        if (file.byteSize() < prefix || file.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) != -1) {
            throw new IOException(path + ": not an NPY file, which begins with \\x93NUMPY");
        }
        int major = file.get(ValueLayout.JAVA_BYTE, MAGIC.length);
        if (major < 1 || major > 3) {
            throw new IOException(path + ": NPY format version " + major + " is not one of 1, 2, 3");
        }
        int lengthBytes = major == 1 ? 2 : 4;
        long begin = prefix + lengthBytes;
        if (file.byteSize() < begin) {
            throw new IOException(path + ": the file is cut short inside its header");
        }
        long length = major == 1 ? file.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), prefix) & 0xFFFFL
                : file.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), prefix) & 0xFFFFFFFFL;
        if (length > LARGEST) {
            throw new IOException(path + ": an NPY header of " + length + " bytes is beyond the limit of " + LARGEST);
        }
        if (length > file.byteSize() - begin) {
            throw new IOException(path + ": the file is cut short inside its header");
        }
        byte[] text = file.asSlice(begin, length).toArray(ValueLayout.JAVA_BYTE);
        return new Parser(path, new String(text, StandardCharsets.UTF_8)).parse(begin + length);
    }

    /** A reader of just the literals that NumPy writes. */
    private static final class Parser {
        private final Path path;
        private final String text;
        private int position;

        Parser(Path path, String text) {
            this.path = path;
            this.text = text;
        }

        NpyHeader parse(long bytes) throws IOException {
            ElementType type = null;
            Boolean fortranOrder = null;
            Shape shape = null;
            expect('{');
            while (!take('}')) {
                String key = string();
                expect(':');
                if (key.equals("descr") && type == null) {
                    type = type();
                } else if (key.equals("fortran_order") && fortranOrder == null) {
                    fortranOrder = truth();
                } else if (key.equals("shape") && shape == null) {
                    shape = shape();
                } else {
                    throw fault("key " + Quotation.of(key) + " is unknown or there twice");
                }
                if (!take(',')) {
                    expect('}');
                    break;
                }
            }
            skipBlanks();
            if (position < text.length()) {
                throw fault("text after the dictionary");
            }
            if (type == null || fortranOrder == null || shape == null) {
                throw fault("'descr', 'fortran_order' or 'shape' is missing");
            }
            return new NpyHeader(type, fortranOrder, shape, bytes);
        }

        private ElementType type() throws IOException {
            skipBlanks();
            if (position < text.length() && text.charAt(position) == '[') {
                throw fault("arrays of records are not supported");
            }
            String descr = string();
            for (ElementType type : ElementType.values()) {
                if (descr.equals(type.npy()) || type.bytes() == 1 && descr.length() == 3 && type.npy().endsWith(descr.substring(1))
                        && "<>=|".indexOf(descr.charAt(0)) >= 0) {
                    return type;
                }
            }
            throw fault(descr.startsWith(">") ? "big-endian numbers (" + Quotation.of(descr) + ") are not supported; save the array as little-endian"
                    : "elements of type " + Quotation.of(descr) + " are not supported; save the array as f2, f4, f8, i1, i2, i4, i8, u1 or bool");
        }

        private boolean truth() throws IOException {
            skipBlanks();
            for (String literal : new String[] {"True", "False"}) {
                if (text.startsWith(literal, position)) {
                    position += literal.length();
                    return literal.equals("True");
                }
            }
            throw fault("True or False expected");
        }

        private Shape shape() throws IOException {
            List<Integer> dims = new ArrayList<>();
            expect('(');
            while (!take(')')) {
                dims.add(dimension());
                if (!take(',')) {
                    expect(')');
                    break;
                }
            }
            try {
                return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
            } catch (ArithmeticException e) {
                throw new IOException(path + ": an array of shape " + dims + " is too large", e);
            }
        }

        private int dimension() throws IOException {
            skipBlanks();
            int start = position;
            while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
                position++;
            }
            try {
                return Integer.parseInt(text, start, position, 10);
            } catch (NumberFormatException e) {
                throw fault("a dimension from 0 to " + Integer.MAX_VALUE + " expected");
            }
        }

        private String string() throws IOException {
            skipBlanks();
            if (position == text.length() || "'\"".indexOf(text.charAt(position)) < 0) {
                throw fault("a string expected");
            }
            int end = text.indexOf(text.charAt(position), position + 1);
            if (end < 0) {
                throw fault("a string does not end");
            }
            String value = text.substring(position + 1, end);
            position = end + 1;
            return value;
        }

        private void expect(char c) throws IOException {
            if (!take(c)) {
                throw fault("'" + c + "' expected");
            }
        }

        private boolean take(char c) {
            skipBlanks();
            if (position < text.length() && text.charAt(position) == c) {
                position++;
                return true;
            }
            return false;
        }

        private void skipBlanks() {
            while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
        }

        private IOException fault(String fault) {
            return new IOException(path + ": bad NPY header at character " + position + ": " + fault);
        }
    }
}
