package org.bindrae.data.structure.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.bindrae.data.StructureException;
import org.rcsb.cif.CifIO;
import org.rcsb.cif.CifOptions;
import org.rcsb.cif.ParsingException;
import org.rcsb.cif.model.Block;
import org.rcsb.cif.model.Category;
import org.rcsb.cif.model.CifFile;

/** The tables of an mmCIF or BinaryCIF file, read by ciftools, the CIF library of BioJava. */
final class CifTables {
    private static final String ATOMS = "atom_site";
    private final Path file;
    private final Block block;

    private CifTables(Path file, Block block) {
        this.file = file;
        this.block = block;
    }

    static CifTables read(StructureFile source) throws StructureException {
        boolean binary = source.format() == StructureFile.Format.BINARY_CIF;
        String format = binary ? "BinaryCIF" : "mmCIF";
        CifLimits.check(source);
        try {
            CifFile cif = CifIO.readFromInputStream(new ByteArrayInputStream(source.bytes()), options(binary));
            for (Block block : cif.getBlocks()) {
                if (block.getCategories().containsKey(ATOMS)) {
                    return new CifTables(source.file(), block);
                }
            }
        } catch (ParsingException e) {
            throw new StructureException(source.file(), "cannot be read as " + format + ": " + problem(e), e);
        } catch (IOException | RuntimeException e) {
            // ciftools fails at damaged syntax with whatever it runs into
            throw new StructureException(source.file(), "cannot be read as " + format + ": its syntax is damaged", e);
        }
        throw new StructureException(source.file(), "holds no coordinates: no table atom_site");
    }

    private static CifOptions options(boolean binary) {
        var plain = binary ? CifOptions.CifOptionsBuilder.FileFormat.BCIF_PLAIN : CifOptions.CifOptionsBuilder.FileFormat.CIF_PLAIN;
        return CifOptions.builder().fileFormatHint(plain).build();
    }

    /** Its messages end in the line number in brackets. */
    private static String problem(ParsingException e) {
        Matcher matcher = Pattern.compile("(?s)(.*?)\\s*\\[(\\d+)\\]").matcher(String.valueOf(e.getMessage()));
        String text = matcher.matches() ? "line " + matcher.group(2) + ": " + matcher.group(1) : String.valueOf(e.getMessage());
        return text.replaceAll("\\s+", " ");
    }

    /** Number of rows, 0 without the table. */
    int rows(String table) {
        Category category = category(table);
        return category == null ? 0 : category.getRowCount();
    }

    /** @throws StructureException when the column is damaged */
    CifColumn column(String table, String name) throws StructureException {
        try {
            return CifColumn.of(file, category(table), name);
        } catch (StructureException e) {
            throw e;
        } catch (RuntimeException e) {
            // BinaryCIF is decoded here
            throw new StructureException(file, table + ": column " + name + " is damaged and cannot be decoded", e);
        }
    }

    private Category category(String table) {
        return block.getCategories().get(table);
    }
}
