package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifReadingTest {
    private static final String ENTITIES = "loop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer\n3 water\n4 polymer\n#\n"
            + "loop_\n_entity_poly.entity_id\n_entity_poly.type\n1 'polypeptide(L)'\n4 polyribonucleotide";
    @TempDir
    Path folder;

    private static List<String> groups(Structure structure) {
        return structure.heteroGroups().stream().map(group -> group + " " + group.kind()).toList();
    }

    /** Of fixed-point numbers in BinaryCIF the last bit may differ. */
    private static void assertSame(Structure expected, Structure actual) {
        assertEquals(expected.residues().ids(), actual.residues().ids());
        assertEquals(expected.residues().names(), actual.residues().names());
        assertArrayEquals(expected.residues().types(), actual.residues().types());
        assertArrayEquals(expected.residues().atom14(), actual.residues().atom14(), 1e-9);
        assertArrayEquals(expected.residues().present(), actual.residues().present());
        assertEquals(rounded(expected.residueAtoms().stream()), rounded(actual.residueAtoms().stream()));
        assertEquals(groups(expected), groups(actual));
        assertEquals(rounded(expected.heteroGroups().stream().map(HeteroGroup::atoms)), rounded(actual.heteroGroups().stream().map(HeteroGroup::atoms)));
        assertEquals(rounded(expected.waterAndNucleic().stream().map(HeteroGroup::atoms)), rounded(actual.waterAndNucleic().stream().map(HeteroGroup::atoms)));
        assertEquals(expected.links(), actual.links());
        assertEquals(expected.notes(), actual.notes());
    }

    private static List<String> rounded(Stream<List<StructureAtom>> groups) {
        return groups.flatMap(List::stream).map(atom -> String.format(Locale.ROOT, "%s %s %.6f %.6f %.6f %d %.6f %.6f", atom.name(), atom.element(),
                atom.position().x(),
                atom.position().y(), atom.position().z(), atom.charge(), atom.occupancy(), atom.bFactor())).toList();
    }

    private CifText everything() {
        return CifText.tripeptide().table(ENTITIES).residue("HETATM", "MSE", 3).atom("HETATM", "C", "C1", "A", "LIG", "B 2 .", 30, 0, 0, 0.4, 201)
                .atom("HETATM", "C", "C1", "B", "LIG", "B 2 .", 31, 0, 0, 0.6, 201).atom("HETATM", "O", "\"O1'\"", ".", "LIG", "B 2 .", 32, 0, 0, 1, 201)
                .atom("HETATM", "O", "O", ".", "HOH", "C 3 .", 40, 0, 0, 1, 301);
    }

    private Path packed(Path file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(Files.readAllBytes(file));
        }
        return Files.write(file.resolveSibling(file.getFileName() + ".gz"), bytes.toByteArray());
    }

    @Test
    void authorsNamesAndNumbersAreUsed() throws IOException {
        Structure structure = CifText.tripeptide().read(folder);
        assertEquals(List.of(new ResidueId("AAA", 101, ""), new ResidueId("AAA", 102, ""), new ResidueId("AAA", 103, "")), structure.residues().ids());
        assertEquals("ASG", structure.residues().sequence());
        assertArrayEquals(new boolean[] {true, false, false}, structure.residues().breakBefore());
        assertEquals(new Vec3(5.2, 0.5, 0), Vec3.at(structure.residues().atom14(), ResidueConstants.SLOTS + ResidueConstants.CA));
    }

    @Test
    void dictionaryNamesServeWhereAuthorsGiveNone() throws IOException {
        String text = CifText.tripeptide().toString().replace("_atom_site.auth_seq_id", "_atom_site.x1").replace("_atom_site.auth_asym_id", "_atom_site.x2");
        Structure structure = StructureReader.read(Files.writeString(folder.resolve("a.cif"), text));
        assertEquals(new ResidueId("A", 3, ""), structure.residues().ids().getLast());
    }

    @Test
    void insertionCodesAndAQuotedBlankChainAreRead() throws IOException {
        String text = CifText.tripeptide().toString().replace(" AAA ", " ' ' ").replace("A 1 3 ? ", "A 1 3 B ");
        Structure structure = StructureReader.read(Files.writeString(folder.resolve("a.cif"), text));
        assertEquals(new ResidueId("", 103, "B"), structure.residues().ids().getLast());
    }

    @Test
    void entitiesTellResiduesFromGroups() throws IOException {
        CifText text = CifText.tripeptide().table(ENTITIES).residue("HETATM", "XYZ", 3).atom("HETATM", "C", "CA", ".", "GLU", "B 2 .", 30, 0, 0, 1, 201)
                .atom("HETATM", "N", "N", ".", "GLU", "B 2 .", 31, 0, 0, 1, 201).atom("ATOM", "P", "P", ".", "A", "D 4 1", 40, 0, 0, 1, 1)
                .atom("HETATM", "P", "P", ".", "PSU", "D 4 2", 46, 0, 0, 1, 2);
        Structure structure = text.read(folder);
        assertEquals("ASGX", structure.residues().sequence());
        assertEquals(List.of("AAA:GLU:201 LIGAND"), groups(structure));
        assertEquals(List.of("A", "PSU"), structure.waterAndNucleic().stream().map(HeteroGroup::component).toList());
    }

    @Test
    void theFileSaysWhatAModifiedResidueStandsFor() throws IOException {
        CifText text = CifText.tripeptide().residue("HETATM", "4OG", 3).table("""
                loop_
                _pdbx_struct_mod_residue.id
                _pdbx_struct_mod_residue.label_comp_id
                _pdbx_struct_mod_residue.auth_asym_id
                _pdbx_struct_mod_residue.auth_seq_id
                _pdbx_struct_mod_residue.PDB_ins_code
                _pdbx_struct_mod_residue.parent_comp_id
                1 4OG AAA 104 ? TRP""");
        Structure structure = text.read(folder);
        assertEquals("ASGW", structure.residues().sequence());
        assertTrue(structure.notes().contains("4OG counts as TRP, as the file says: AAA:104"), structure.notes().toString());
    }

    @Test
    void bondsComeFromComponentsAndConnections() throws IOException {
        CifText text = CifText.tripeptide().atom("HETATM", "C", "C1", ".", "LIG", "B 2 .", 30, 0, 0, 1, 201).atom("HETATM", "O", "\"O'1\"", ".", "LIG",
                "B 2 .", 31, 0, 0, 1, 201);
        text.table("loop_\n_chem_comp_bond.comp_id\n_chem_comp_bond.atom_id_1\n_chem_comp_bond.atom_id_2\n_chem_comp_bond.value_order\n"
                + "LIG C1 \"O'1\" DOUB\nLIG C1 H1 SING");
        String partner = "_struct_conn.ptnr%1$d_label_comp_id\n_struct_conn.ptnr%1$d_label_atom_id\n"
                + "_struct_conn.ptnr%1$d_auth_asym_id\n_struct_conn.ptnr%1$d_auth_seq_id\n";
        text.table("loop_\n_struct_conn.id\n_struct_conn.conn_type_id\n" + partner.formatted(1) + partner.formatted(2)
                + "1 covale SER O AAA 102 LIG C1 AAA 201\n2 metalc GLY O AAA 103 LIG C1 AAA 201");
        Structure structure = text.read(folder);
        assertEquals(List.of(new HeteroGroup.Bond(0, 1, 2)), structure.heteroGroups().getFirst().bonds());
        assertEquals(List.of(new Structure.Link(new ResidueId("AAA", 102, ""), "O", new ResidueId("AAA", 201, ""), "C1")), structure.links());
    }

    @Test
    void onlyTheFirstModelCounts() throws IOException {
        CifText text = CifText.tripeptide();
        String second = text.toString().lines().filter(line -> line.startsWith("ATOM")).map(line -> line.replaceAll(" 1$", " 2"))
                .reduce("", (a, b) -> a + b + "\n");
        Structure structure = StructureReader.read(Files.writeString(folder.resolve("a.cif"), text + second));
        assertEquals(3, structure.residues().size());
        assertTrue(structure.notes().contains("The first of 2 models is used"), structure.notes().toString());
    }

    @Test
    void numbersMayCarryTheirUncertainty() throws IOException {
        String text = CifText.tripeptide().toString().replace(" 5.200 0.500 ", " 5.20(3) 0.50(12) ");
        Structure structure = StructureReader.read(Files.writeString(folder.resolve("a.cif"), text));
        assertEquals(new Vec3(5.2, 0.5, 0), Vec3.at(structure.residues().atom14(), ResidueConstants.SLOTS + ResidueConstants.CA));
    }

    @Test
    void binaryFilesGiveTheSameAsText() throws IOException {
        Structure text = everything().read(folder);
        assertEquals("ASGM", text.residues().sequence());
        assertEquals(31, text.heteroGroups().getFirst().atoms().getFirst().position().x());
        assertSame(text, StructureReader.read(everything().writeBinary(folder.resolve("test.bcif"))));
    }

    @Test
    void packedFilesGiveTheSameWhateverTheirNames() throws IOException {
        Structure text = everything().read(folder);
        Path cif = everything().write(folder.resolve("test.cif"));
        Path binary = everything().writeBinary(folder.resolve("test.bcif"));
        assertSame(text, StructureReader.read(packed(cif)));
        assertSame(text, StructureReader.read(packed(binary)));
        assertSame(text, StructureReader.read(Files.copy(packed(binary), folder.resolve("test.pdb"))));
        assertEquals("test", StructureReader.read(packed(binary)).name());
    }

    @Test
    void thePdbAndTheMmcifOfAStructureAgree() throws IOException {
        PdbText pdb = PdbText.tripeptide().residue("HETATM", "MSE", "A", 4, 3).line("TER").hetero("O", "O", "HOH", "A", 301, 40, 0, 0);
        Structure fromPdb = pdb.line("END").read(folder);
        Structure fromCif = CifText.tripeptide().residue("HETATM", "MSE", 3).atom("HETATM", "O", "O", ".", "HOH", "C 3 .", 40, 0, 0, 1, 301).read(folder);
        assertArrayEquals(fromPdb.residues().types(), fromCif.residues().types());
        assertArrayEquals(fromPdb.residues().breakBefore(), fromCif.residues().breakBefore());
        assertEquals(fromPdb.waterAndNucleic().size(), fromCif.waterAndNucleic().size());
    }
}
