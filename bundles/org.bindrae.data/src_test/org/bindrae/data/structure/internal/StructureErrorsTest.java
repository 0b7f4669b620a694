package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

import org.bindrae.data.StructureException;
import org.bindrae.data.StructureReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be used is refused with one line that names the file and the place. */
class StructureErrorsTest {
    @TempDir
    Path folder;

    private void assertRefused(String part, Path file) {
        StructureException e = assertThrows(StructureException.class, () -> StructureReader.read(file));
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }

    private void assertRefused(String part, String name, String text) throws IOException {
        assertRefused(part, Files.writeString(folder.resolve(name), text, StandardCharsets.ISO_8859_1));
    }

    private void assertRefused(String part, String name, byte[] bytes) throws IOException {
        assertRefused(part, Files.write(folder.resolve(name), bytes));
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] pdb() {
        return PdbText.tripeptide().end().toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void missingFilesAndFolders() {
        assertRefused("does not exist", folder.resolve("none.pdb"));
        assertRefused("is a folder", folder);
    }

    @Test
    void emptyFiles() throws IOException {
        assertRefused("is empty", "a.pdb", "");
        assertRefused("is empty", "a.pdb.gz", packed(new byte[0]));
    }

    @Test
    void otherContents() throws IOException {
        assertRefused("neither PDB nor mmCIF nor BinaryCIF", "a.txt", "Dear all,\nplease find attached\n");
        assertRefused("holds no atoms", "a.pdb", "<html><body>404</body></html>\n");
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        assertRefused("binary data", "b.pdb", noise);
        assertRefused("holds no coordinates", "c.cif", "data_X\n_entry.id X\n");
    }

    @Test
    void structuresWithoutProtein() throws IOException {
        assertRefused("holds no protein: none of its 1 atoms", "a.pdb", new PdbText().hetero("C1", "C", "LIG", "A", 1, 0, 0, 0).toString());
        assertRefused("holds no atoms other than hydrogens", "b.pdb", new PdbText().atom("ATOM", "H", "", "ALA", "A", 1, 0, 0, 0, 1).toString());
    }

    @Test
    void damagedPackedFiles() throws IOException {
        byte[] whole = packed(pdb());
        assertRefused("is cut off: its gzip data end", "a.pdb.gz", Arrays.copyOf(whole, whole.length / 2));
        whole[whole.length - 6] ^= 1;
        assertRefused("damaged gzip data", "b.pdb.gz", whole);
        assertRefused("unpack to more than", "c.pdb.gz", packed(new byte[200_000_000]));
    }

    @Test
    void coordinateRecordsThatCannotBeReadAreNamedByLine() throws IOException {
        String text = PdbText.tripeptide().end().toString();
        String second = text.lines().toList().get(1);
        assertRefused("line 2: x 'NaN' is not a number", "a.pdb", text.replace(second, second.substring(0, 30) + "     NaN" + second.substring(38)));
        assertRefused("line 2: y '0.5.1' is not a number", "a.pdb", text.replace(second, second.substring(0, 38) + "   0.5.1" + second.substring(46)));
        assertRefused("line 2: z '' is not a number", "a.pdb", text.replace(second, second.substring(0, 46) + "        " + second.substring(54)));
        assertRefused("line 2: z '1d' is not a number", "a.pdb", text.replace(second, second.substring(0, 46) + "      1d" + second.substring(54)));
        assertRefused("line 2: x 250000.0 is not a coordinate", "a.pdb", text.replace(second, second.substring(0, 30) + "250000.0" + second.substring(38)));
        assertRefused("line 2: x '1e999' is not a number", "a.pdb", text.replace(second, second.substring(0, 30) + "   1e999" + second.substring(38)));
        assertRefused("line 2: residue number 'x' is not a whole number", "a.pdb", text.replace(second, second.substring(0, 22) + "   x"
                + second.substring(26)));
        assertRefused("line 2: occupancy '1.0.0' is not a number", "a.pdb", text.replace(second, second.substring(0, 54) + " 1.0.0" + second.substring(60)));
        assertRefused("line 2: the atom record is cut off after 40 of at least 54 columns", "a.pdb", text.replace(second, second.substring(0, 40)));
        assertRefused("line 2: the atom record has no atom name", "a.pdb", text.replace(second, second.substring(0, 12) + "    " + second.substring(16)));
        assertRefused("line 2: the atom record has no residue name", "a.pdb", text.replace(second, second.substring(0, 17) + "    " + second.substring(21)));
    }

    @Test
    void anAtomTwiceIsNamed() throws IOException {
        PdbText text = PdbText.tripeptide().atom("ATOM", "CB", "", "SER", "A", 2, 1, 2, 3, 1).end();
        assertRefused("line 15: atom CB of residue A:2 SER appears a second time", "a.pdb", text.toString());
        CifText cif = CifText.tripeptide().atom("ATOM", "C", "CA", "B", "SER", "A 1 2", 1, 2, 3, 1, 102).atom("ATOM", "C", "CA", "B", "SER", "A 1 2", 1, 2, 3,
                1, 102);
        assertRefused("atom_site row 14: atom CA of residue AAA:102 SER appears a second time at location B", "b.cif", cif.toString());
    }

    @Test
    void twoResiduesUnderOneNumberAreNamed() throws IOException {
        PdbText text = PdbText.tripeptide().residue("TRP", "A", 2, 30).end();
        assertRefused("line 15: residue A:2 is TRP but was SER before", "a.pdb", text.toString());
    }

    @Test
    void damagedMmcifTables() throws IOException {
        String text = CifText.tripeptide().toString();
        assertRefused("atom_site row 6: Cartn_x 'abc' is not a number", "a.cif", text.replace(" 5.200 ", " abc "));
        assertRefused("atom_site row 6: Cartn_x '' is not a number", "a.cif", text.replace(" 5.200 ", " ? "));
        assertRefused("atom_site row 6: Cartn_x 1.0E9 is not a coordinate", "a.cif", text.replace(" 5.200 ", " 1e9 "));
        assertRefused("atom_site: column", "a.cif", text.replace(" 5.200 ", " "));
        assertRefused("atom_site has no column Cartn_y", "a.cif", text.replace("Cartn_y", "Cartn_w"));
        assertRefused("auth_seq_id '1x2' is not a whole number", "a.cif", text.replace(" 102 AAA", " 1x2 AAA"));
        assertRefused("cannot be read as mmCIF: line 3: Expected value", "a.cif", "data_X\n_entry.id\n_atom_site.x y");
    }

    @Test
    void valuesOverSeveralLines() throws IOException {
        String text = CifText.tripeptide().toString();
        assertRefused("atom_site row 12: auth_seq_id ' 1 x' is not a whole number", "a.cif", text.replace(" 103 AAA 1\n#", "\n;\n1\nx\n;\nAAA 1\n#"));
        assertRefused("atom_site row 12: a name goes over several lines", "a.cif", text.replace("103 AAA 1\n#", "103\n;A\nB\n;\n1\n#"));
        assertRefused("…", "a.cif", text.replace(" 103 AAA 1\n#", " " + "9".repeat(100_000) + " AAA 1\n#"));
    }

    @Test
    @Timeout(20)
    void tablesOfAMillionColumns() throws IOException {
        StringBuilder text = new StringBuilder("data_X\nloop_\n");
        for (int i = 0; i < 1_000_000; i++) {
            text.append("_atom_site.c").append(i).append(i % 7 == 0 ? "\n" : " ");
        }
        assertRefused("a table of more than 500 columns", "a.cif", text.toString());
    }

    @Test
    void binaryFilesThatAnnounceTooMuch() throws IOException {
        byte[] whole = Files.readAllBytes(CifText.tripeptide().writeBinary(folder.resolve("a.bcif")));
        assertRefused("is cut off", "b.bcif", Arrays.copyOf(whole, whole.length - 100));
        String latin = new String(whole, StandardCharsets.ISO_8859_1);
        int rows = latin.indexOf("rowCount") + 8;
        byte[] many = (latin.substring(0, rows) + "\u00ce\u007f\u00ff\u00ff\u00ff" + latin.substring(rows + 1)).getBytes(StandardCharsets.ISO_8859_1);
        assertRefused("rowCount 2147483647 cannot be true", "c.bcif", many);
        byte[] deep = new byte[100_000];
        Arrays.fill(deep, (byte) 0x91);
        System.arraycopy("\u0082\u00a7encoder".getBytes(StandardCharsets.ISO_8859_1), 0, deep, 0, 9);
        assertRefused("nested deeper than", "d.bcif", deep);
        byte[] array = "\u0082\u00a7encoder\u00dd\u007f\u00ff\u00ff\u00ff".getBytes(StandardCharsets.ISO_8859_1);
        assertRefused("announces 2147483647 more", "e.bcif", array);
    }
}
