package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetTest {
    @TempDir
    Path folder;

    @Test
    void theFolderOfOneEntryIsThatEntry() throws IOException {
        files("1aaa/1aaa_protein.pdb", "1aaa/1aaa_pocket.pdb", "1aaa/1aaa_ligand.sdf");
        DataSet data = DataSet.read(folder.resolve("1aaa"));
        assertEquals(1, data.sources().size());
        assertEquals("1aaa", data.sources().getFirst().id());
        assertTrue(data.sources().getFirst().ligand().endsWith("1aaa_ligand.sdf"));
    }

    @Test
    void pdbbindFoldersPreferTheSdfAndIgnoreThePocket() throws IOException {
        files("1aaa/1aaa_protein.pdb", "1aaa/1aaa_pocket.pdb", "1aaa/1aaa_ligand.sdf", "1aaa/1aaa_ligand.mol2", "2bbb/2bbb_protein.pdb",
                "2bbb/2bbb_ligand.mol2", "3ccc/3ccc_protein.pdb");
        DataSet data = DataSet.read(folder);
        assertEquals(List.of("1aaa", "2bbb", "3ccc"), ids(data));
        assertEquals(folder.resolve("1aaa/1aaa_ligand.sdf").toString(), data.sources().get(0).ligand());
        assertEquals(folder.resolve("2bbb/2bbb_ligand.mol2").toString(), data.sources().get(1).ligand());
        assertNull(data.sources().get(2).ligand());
    }

    @Test
    void poseBustersFoldersHaveOneStructureAndOneLigand() throws IOException {
        files("7abc_XYZ/7abc.cif", "7abc_XYZ/7abc_XYZ_ligand.sdf", "8def_QQQ/8def_QQQ_protein.pdb", "8def_QQQ/8def_QQQ_ligand.sdf",
                "8def_QQQ/8def_QQQ_ligand_start_conf.sdf");
        DataSet data = DataSet.read(folder);
        assertEquals(List.of("7abc_XYZ", "8def_QQQ"), ids(data));
        assertTrue(data.sources().getFirst().structure().endsWith("7abc.cif"));
        assertTrue(data.sources().getLast().ligand().endsWith("8def_QQQ_ligand.sdf"));
    }

    @Test
    void looseStructuresTakeTheirLargestLigandAndFoldersAreSearchedBelow() throws IOException {
        files("set/b.cif.gz", "set/a.pdb", "set/readme.txt", "set/.hidden.pdb", "other/1aaa/1aaa_protein.pdb", "other/1aaa/1aaa_ligand.sdf");
        DataSet data = DataSet.read(folder);
        assertEquals(List.of("1aaa", "a", "b"), ids(data));
        assertEquals(LigandReader.AUTO, data.sources().get(1).ligand());
    }

    @Test
    void aStructureBesideSeveralLigandsIsLeftOutAndNoted() throws IOException {
        files("x/x.pdb", "x/p_ligand.sdf", "x/q_ligand.sdf", "a.pdb");
        DataSet data = DataSet.read(folder);
        assertEquals(List.of("a"), ids(data));
        assertEquals(1, data.notes().size());
    }

    @Test
    void twoStructuresOfOneNameAreRefused() throws IOException {
        files("a/1aaa.pdb", "b/1AAA.cif");
        assertFault("two complexes are called 1AAA", folder);
    }

    @Test
    void anEmptyOrAbsentFolderIsRefused() throws IOException {
        assertFault("no structures", folder);
        assertFault("no such file or folder", folder.resolve("absent"));
        assertFault("is none of a folder", files("x.docx"));
    }

    @Test
    void aManifestGivesIdsLigandsAndLabels() throws IOException {
        files("s/a.pdb", "s/b.cif", "l.sdf");
        Path manifest = write("manifest.tsv", "\uFEFFid\tstructure\tligand\ttarget\tfamily", "# a comment", "one\ts/a.pdb\tl.sdf\t5\tF1", "",
                "two\ts/b.cif\tA:ATP:401\t6\t", "three\ts/b.cif\tnone\t6\tF2", "four\ts/b.cif\tauto\t7\tF2");
        for (Path path : List.of(manifest, folder)) {
            DataSet data = DataSet.read(path);
            assertEquals(List.of("one", "two", "three", "four"), ids(data));
            assertEquals(folder.resolve("l.sdf").toString(), data.sources().get(0).ligand());
            assertEquals("A:ATP:401", data.sources().get(1).ligand());
            assertNull(data.sources().get(2).ligand());
            assertEquals(LigandReader.AUTO, data.sources().get(3).ligand());
            assertEquals(Map.of("one", "5", "two", "6", "three", "6", "four", "7"), data.column("target"));
            assertEquals(Map.of("one", "F1", "three", "F2", "four", "F2"), data.column("family"));
        }
    }

    @Test
    void commaSeparatedManifestsMayQuote() throws IOException {
        files("a.pdb", "b, c.pdb");
        DataSet data = DataSet.read(write("m.csv", "id,structure,remark", "x,a.pdb,\"said \"\"no\"\", then\"", "y, \"b, c.pdb\" ,"));
        assertEquals("said \"no\", then", data.labels().get("x").get("remark"));
        assertEquals(folder.resolve("b, c.pdb"), data.sources().get(1).structure());
        assertEquals(LigandReader.AUTO, data.sources().get(1).ligand());
    }

    @Test
    void faultsOfAManifestNameTheLine() throws IOException {
        files("a.pdb", "a.txt");
        String header = "id\tstructure\tligand";
        assertFault("line 1: the header needs id, structure", write("m.tsv", "name\tpath"));
        assertFault("line 1: the header needs", write("m.tsv", "id\tstructure\tid"));
        assertFault("line 3: 2 cells under a header of 3", write("m.tsv", header, "x\ta.pdb\t", "y\ta.pdb"));
        assertFault("line 2: 'b.pdb' does not exist", write("m.tsv", header, "x\tb.pdb\t"));
        assertFault("line 2: 'a.txt' is not a structure file", write("m.tsv", header, "x\ta.txt\t"));
        assertFault("line 2: 'l.sdf' does not exist", write("m.tsv", header, "x\ta.pdb\tl.sdf"));
        assertFault("line 3: the id X was used in line 2", write("m.tsv", header, "x\ta.pdb\t", "X\ta.pdb\t"));
        assertFault("line 2: '../x' is not a sample id", write("m.tsv", header, "../x\ta.pdb\t"));
        assertFault("line 2: a quote that does not end", write("m.csv", "id,structure", "x,\"a.pdb"));
        assertFault("a header without rows", write("m.tsv", header));
        assertFault("empty", write("m.tsv", "# nothing"));
        Files.write(folder.resolve("m.tsv"), new byte[] {'i', 'd', (byte) 0xff});
        assertFault("not UTF-8", folder.resolve("m.tsv"));
        assertFault("'a\u0000.pdb'", write("m.tsv", header, "x\ta\u0000.pdb\t"));
    }

    @Test
    void pathsOutOfTheManifestsFolderNeedPermission() throws IOException {
        files("outside.pdb", "in/inside.pdb");
        Path manifest = Files.writeString(folder.resolve("in/m.tsv"), "id\tstructure\nx\t../outside.pdb\n");
        assertFault("line 2: '../outside.pdb' lies outside", manifest);
        assertEquals(1, DataSet.ofManifest(manifest, true).sources().size());
        assertFault("lies outside", Files.writeString(folder.resolve("in/n.tsv"), "id\tstructure\nx\t" + folder.resolve("outside.pdb") + "\n"));
        assertFault("lies outside", Files.writeString(folder.resolve("in/l.txt"), "../outside.pdb\n"));
        assertEquals(1, DataSet.read(Files.writeString(folder.resolve("in/o.tsv"), "id\tstructure\nx\t../in/inside.pdb\n")).sources().size());
    }

    @Test
    void anIndexTakesItsEntriesInItsOrderAndSaysWhatIsMissing() throws IOException {
        files("1aaa/1aaa_protein.pdb", "1aaa/1aaa_ligand.sdf", "2bbb/2bbb_protein.pdb", "2bbb/2bbb_ligand.mol2");
        Path index = write("CoreSet.dat", "#code   resl     year    logKa    Ka           target", "2bbb     1.75     2014    2.89     Ki=1300uM    1",
                "1aaa     NMR     2014    2.89     Ki=1300uM    1", "9zzz     1.55     2007    3.66     Kd=0.22mM    2", "# the end");
        DataSet data = DataSet.read(index);
        assertEquals(List.of("2bbb", "1aaa"), ids(data));
        assertEquals(Map.of("1aaa", "1", "2bbb", "1"), data.column("target"));
        assertTrue(data.notes().getFirst().endsWith("left out: 9zzz"));
    }

    @Test
    void faultsOfAnIndexNameTheLine() throws IOException {
        assertFault("line 2: 3 columns instead of", write("x.dat", "#code", "1aaa 1.0 2000"));
        assertFault("line 1: 'later' in the column year", write("x.dat", "1aaa 1.0 later 5 Ki=1 1"));
        assertFault("line 2: the code 1AAA was used in line 1", write("x.dat", "1aaa 1.0 2000 5 Ki=1 1", "1AAA 1.0 2000 5 Ki=1 1"));
        assertFault("line 1: '..' is not a sample id", write("x.dat", ".. 1.0 2000 5 Ki=1 1"));
        assertFault("none of its 1 entries", write("x.dat", "1aaa 1.0 2000 5 Ki=1 1"));
        assertFault("an index without entries", write("x.dat", "# nothing"));
    }

    @Test
    void aListNamesStructuresOrEntries() throws IOException {
        files("a.pdb", "1aaa/1aaa_protein.pdb", "1aaa/1aaa_ligand.sdf", "empty/x.txt");
        DataSet data = DataSet.read(write("l.txt", "# list", "a.pdb\tB:HEM", "1aaa"));
        assertEquals(List.of("a", "1aaa"), ids(data));
        assertEquals("B:HEM", data.sources().getFirst().ligand());
        assertFault("line 1: 'empty' is a folder without", write("l.txt", "empty"));
        assertFault("line 2: the id a comes from line 1", write("l.txt", "a.pdb", "a.pdb"));
        assertFault("an empty list", write("l.txt", ""));
    }

    @Test
    void aSingleStructureIsADataSet() throws IOException {
        assertEquals("1abc", DataSet.read(files("1abc.ent.gz")).sources().getFirst().id());
    }

    @Test
    void damagedTablesAreRefusedAsSuch() throws IOException {
        files("s/a.pdb", "l.sdf", "1aaa/1aaa_protein.pdb", "1aaa/1aaa_ligand.sdf");
        Map<String, String> good = Map.of("m.tsv", "id\tstructure\tligand\ttarget\none\ts/a.pdb\tl.sdf\t5\ntwo\ts/a.pdb\tA:ATP:1\t6\n", "m.csv",
                "id,structure,note\none,s/a.pdb,\"a \"\"b\"\"\"\ntwo,s/a.pdb,\n", "x.dat", "#code\n1aaa 1.0 2000 5.1 Ki=1 1\n", "l.txt",
                "s/a.pdb\tauto\n1aaa\n");
        for (Map.Entry<String, String> file : good.entrySet()) {
            var mutation = new Mutation(file.getKey().hashCode());
            for (int round = 0; round < 500; round++) {
                Path damaged = Files.writeString(folder.resolve(file.getKey()), mutation.of(file.getValue()), StandardCharsets.UTF_8);
                try {
                    DataSet.read(damaged);
                } catch (IOException e) {
                    assertTrue(e.getMessage().contains(file.getKey()), e.toString());
                }
            }
        }
    }

    /** Makes files, whose content does not matter, and returns the last. */
    private Path files(String... names) throws IOException {
        Path last = folder;
        for (String name : names) {
            last = folder.resolve(name);
            Files.createDirectories(last.getParent());
            Files.writeString(last, "x");
        }
        return last;
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), List.of(lines));
    }

    private static List<String> ids(DataSet data) {
        return data.sources().stream().map(ComplexSource::id).toList();
    }

    private static void assertFault(String expected, Path path) {
        IOException fault = assertThrows(DataSetException.class, () -> DataSet.read(path));
        assertTrue(fault.getMessage().contains(expected) && fault.getMessage().startsWith(path.toString()), fault.getMessage());
        assertEquals(1, fault.getMessage().lines().count());
    }
}
