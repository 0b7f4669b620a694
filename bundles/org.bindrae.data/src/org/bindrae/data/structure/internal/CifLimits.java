package org.bindrae.data.structure.internal;

import java.nio.charset.StandardCharsets;

import org.bindrae.data.StructureException;

/**
 * Keeps from ciftools what would make it fill the memory: it trusts every length that a BinaryCIF file states, and makes room for the whole file per column of
 * a loop.
 */
final class CifLimits {
    /** Columns of one table; the widest of the PDB's dictionary has about 100. */
    static final int COLUMNS = 500;
    private static final int DEPTH = 32;
    private final StructureFile source;
    private final byte[] bytes;
    private int position;

    private CifLimits(StructureFile source) {
        this.source = source;
        this.bytes = source.bytes();
    }

    static void check(StructureFile source) throws StructureException {
        CifLimits limits = new CifLimits(source);
        if (source.format() == StructureFile.Format.BINARY_CIF) {
            limits.checkValue(0);
        } else {
            limits.checkColumns();
        }
    }

    /** Counts data names that follow one another. */
    private void checkColumns() throws StructureException {
        int names = 0;
        int line = 1;
        boolean betweenWords = true;
        for (byte b : bytes) {
            boolean space = b == ' ' || b == '\n' || b == '\r' || b == '\t';
            if (betweenWords && !space) {
                names = b == '_' ? names + 1 : 0;
                if (names > COLUMNS) {
                    throw problem("line " + line + ": a table of more than " + COLUMNS + " columns");
                }
            }
            betweenWords = space;
            if (b == '\n') {
                line++;
            }
        }
    }

    /** Walks over a MessagePack value; returns it when it is a string or a whole number, else null. */
    private Object checkValue(int depth) throws StructureException {
        if (depth > DEPTH) {
            throw problem("byte " + position + ": values nested deeper than " + DEPTH);
        }
        int type = (int) unsigned(1);
        if (type < 0x80) {
            return (long) type;
        }
        if (type >= 0xe0) {
            return (long) (byte) type;
        }
        return switch (type & 0xf0) {
            case 0x80 -> checkMap(type & 0x0f, depth);
            case 0x90 -> checkArray(type & 0x0f, depth);
            case 0xa0, 0xb0 -> text(type & 0x1f);
            default -> checkLongValue(type, depth);
        };
    }

    private Object checkLongValue(int type, int depth) throws StructureException {
        return switch (type) {
            case 0xc0, 0xc2, 0xc3 -> null;
            case 0xc4 -> skip(unsigned(1));
            case 0xc5 -> skip(unsigned(2));
            case 0xc6 -> skip(unsigned(4));
            case 0xca -> skip(4);
            case 0xcb -> skip(8);
            case 0xcc -> unsigned(1);
            case 0xcd -> unsigned(2);
            case 0xce -> unsigned(4);
            case 0xd0 -> (long) (byte) unsigned(1);
            case 0xd1 -> (long) (short) unsigned(2);
            case 0xd2 -> (long) (int) unsigned(4);
            case 0xd9 -> text(unsigned(1));
            case 0xda -> text(unsigned(2));
            case 0xdb -> text(unsigned(4));
            case 0xdc -> checkArray(unsigned(2), depth);
            case 0xdd -> checkArray(unsigned(4), depth);
            case 0xde -> checkMap(unsigned(2), depth);
            case 0xdf -> checkMap(unsigned(4), depth);
            default -> throw problem("byte " + (position - 1) + ": no BinaryCIF, unknown MessagePack type 0x" + Integer.toHexString(type));
        };
    }

    private Object checkMap(long size, int depth) throws StructureException {
        checkSize(size);
        for (long i = 0; i < size; i++) {
            Object key = checkValue(depth + 1);
            Object value = checkValue(depth + 1);
            // every row takes at least a byte of some column of a table, whatever its encodings
            boolean length = "rowCount".equals(key) || "srcSize".equals(key);
            if (length && !(value instanceof Long count && count >= 0 && count <= bytes.length)) {
                throw problem("byte " + position + ": " + key + " " + value + " cannot be true in a file of " + bytes.length + " bytes");
            }
        }
        return null;
    }

    private Object checkArray(long size, int depth) throws StructureException {
        checkSize(size);
        for (long i = 0; i < size; i++) {
            checkValue(depth + 1);
        }
        return null;
    }

    private String text(long size) throws StructureException {
        int start = position;
        skip(size);
        return new String(bytes, start, (int) size, StandardCharsets.UTF_8);
    }

    private Object skip(long size) throws StructureException {
        checkSize(size);
        position += (int) size;
        return null;
    }

    private void checkSize(long size) throws StructureException {
        if (size > bytes.length - position) {
            throw problem("is cut off: byte " + position + " announces " + size + " more, " + (bytes.length - position) + " are left");
        }
    }

    private long unsigned(int size) throws StructureException {
        checkSize(size);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value = value << 8 | bytes[position++] & 0xff;
        }
        return value;
    }

    private StructureException problem(String text) {
        return new StructureException(source.file(), text);
    }
}
