package org.bindrae.data.structure.internal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

import org.bindrae.data.StructureException;

/**
 * The content of a structure file, unpacked, and its format: told by the content, by the name only where the content leaves it open.
 *
 * @param bytes not compressed
 */
record StructureFile(Path file, byte[] bytes, Format format) {
    /** Formats that can be read. */
    enum Format {
        PDB, MMCIF, BINARY_CIF
    }

    /** Bytes at most: the largest entries of the PDB have half of this. */
    static final int LIMIT = 1 << 29;
    /** Structures pack to a tenth or so; this keeps packed rubbish from filling the memory. */
    private static final int MOST_PACKED = 100;
    private static final int HEAD = 1 << 13;
    private static final Set<String> PDB_RECORDS = Set.of("HEADER", "OBSLTE", "TITLE", "SPLIT", "CAVEAT", "COMPND", "SOURCE", "KEYWDS", "EXPDTA", "NUMMDL",
            "AUTHOR", "REVDAT", "JRNL", "REMARK", "DBREF", "SEQRES", "MODRES", "HET", "HETNAM", "HELIX", "SHEET", "SSBOND", "LINK", "CRYST1", "ORIGX1",
            "SCALE1", "MODEL", "ATOM", "HETATM", "CONECT", "USER");

    static StructureFile read(Path file) throws StructureException {
        byte[] bytes = unpacked(file, stored(file));
        if (bytes.length == 0) {
            throw new StructureException(file, "is empty");
        }
        return new StructureFile(file, bytes, format(file, bytes));
    }

    private static byte[] stored(Path file) throws StructureException {
        try {
            if (Files.isDirectory(file)) {
                throw new StructureException(file, "is a folder, not a structure file");
            }
            if (Files.size(file) > LIMIT) {
                throw new StructureException(file, "is larger than " + (LIMIT >> 20) + " MiB");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new StructureException(file, "does not exist", e);
        } catch (AccessDeniedException e) {
            throw new StructureException(file, "may not be read (permission denied)", e);
        } catch (StructureException e) {
            throw e;
        } catch (IOException e) {
            throw new StructureException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] unpacked(Path file, byte[] stored) throws StructureException {
        if (stored.length < 2 || (stored[0] & 0xff) != 0x1f || (stored[1] & 0xff) != 0x8b) {
            return stored;
        }
        int limit = (int) Math.min(LIMIT, Math.max(1 << 20, (long) MOST_PACKED * stored.length));
        ByteArrayOutputStream out = new ByteArrayOutputStream(4 * stored.length);
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
                if (out.size() > limit) {
                    throw new StructureException(file, "is no structure: its " + stored.length + " bytes unpack to more than " + limit);
                }
            }
        } catch (EOFException e) {
            throw new StructureException(file, "is cut off: its gzip data end after " + out.size() + " unpacked bytes", e);
        } catch (ZipException e) {
            throw new StructureException(file, "holds damaged gzip data after " + out.size() + " unpacked bytes: " + e.getMessage(), e);
        } catch (StructureException e) {
            throw e;
        } catch (IOException e) {
            throw new StructureException(file, "cannot be unpacked: " + e.getMessage(), e);
        }
        return out.toByteArray();
    }

    private static Format format(Path file, byte[] bytes) throws StructureException {
        String head = new String(bytes, 0, Math.min(HEAD, bytes.length), StandardCharsets.ISO_8859_1);
        if (isMessagePackMap(bytes[0]) && (head.contains("dataBlocks") || head.contains("encoder"))) {
            return Format.BINARY_CIF;
        }
        if (head.indexOf('\0') >= 0) {
            throw new StructureException(file, "is no structure: it holds binary data that are not BinaryCIF");
        }
        for (String line : (Iterable<String>) head.lines()::iterator) {
            String word = line.stripTrailing().split("\\s", 2)[0];
            if (word.toLowerCase(Locale.ROOT).startsWith("data_")) {
                return Format.MMCIF;
            }
            if (PDB_RECORDS.contains(word) || word.startsWith("HETATM")) {
                return Format.PDB;
            }
        }
        return ofName(file);
    }

    private static boolean isMessagePackMap(byte first) {
        return (first & 0xf0) == 0x80 || (first & 0xfe) == 0xde;
    }

    private static Format ofName(Path file) throws StructureException {
        String name = withoutGz(file);
        if (name.endsWith(".pdb") || name.endsWith(".ent")) {
            return Format.PDB;
        }
        if (name.endsWith(".cif") || name.endsWith(".mmcif")) {
            return Format.MMCIF;
        }
        throw new StructureException(file, "is no structure: neither PDB nor mmCIF nor BinaryCIF");
    }

    private static String withoutGz(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }

    /** File name without the endings of its format and compression. */
    String name() {
        String name = file.getFileName().toString();
        int length = withoutGz(file).length();
        int dot = name.substring(0, length).lastIndexOf('.');
        return name.substring(0, dot > 0 ? dot : length);
    }
}
