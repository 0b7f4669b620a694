package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureException;
import org.bindrae.data.StructureReader;
import org.bindrae.data.StructureWriter;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StructureWritingTest {
    @TempDir
    Path folder;

    /** Modified, unknown and incomplete residues, a break, insertion codes, a blank chain, a nucleic acid, groups with bonds, water. */
    private Structure everything() throws IOException {
        PdbText text = new PdbText().line("MODRES 1ABC CSO A    3  SER  S-HYDROXYCYSTEINE").line("SEQRES   1 A    5  ALA SER CSO CRO GLY");
        text.residue("ALA", "A", -1, 0).residue("SER", "A", 2, 1).residue("HETATM", "CSO", "A", 3, 2);
        text.hetero("N1", "N", "CRO", "A", 4, 11.4, 0, 0).hetero("C3", "C", "CRO", "A", 4, 13.9, 0, 0).residue("GLY", "A", 5, 4).line("TER");
        text.residue("HETATM", "XYZ", " ", 1, 40).residue("MET", " ", 2, 41).atom("ATOM", "OXT", "", "MET", " ", 2, 41 * 3.8 + 3.5, 0.5, 0, 1).line("TER");
        text.residue("GLY", "I", 1, 80);
        new PdbText().residue("GLY", "I", 1, 82).lines().forEach(line -> text.line(line.substring(0, 26) + "'" + line.substring(27)));
        text.line("TER").atom("ATOM", "P", "", "DA", "N", 1, 20, 0, 50, 1).atom("ATOM", "P", "", "DT", "N", 2, 26, 0, 50, 1).line("TER");
        int first = text.nextSerial();
        text.hetero("C1'", "C", "LIG", "A", 401, 20, 9, 0).hetero("O1", "O", "LIG", "A", 401, 21, 9, 0).hetero("\"N", "N", "LIG", "A", 401, 22, 9, 0);
        text.line("HETATM 9000 ZN    ZN A 402      23.000   9.000   0.000  0.50 20.00          ZN2+").hetero("CA", "C", "GLU", "A", 403, 30, 9, 0)
                .hetero("CB", "C", "GLU", "A", 403, 31, 9, 0);
        text.hetero("O", "O", "HOH", "A", 501, 50, 9, 0).hetero("O", "O", "HOH", "A", 502, 50, 9, 0);
        text.line(String.format("CONECT%5d%5d%5d%5d", first, first + 1, first + 1, first + 2)).line(String.format("CONECT%5d%5d", first + 1, 10));
        return text.line("END").read(folder);
    }

    private static StructureWriter.Coordinates unchanged(Structure structure) {
        return StructureWriter.Coordinates.unchanged(structure.residues().size());
    }

    private Structure writtenAndRead(String name, Structure structure) throws IOException {
        Path file = folder.resolve(name);
        StructureWriter.write(file, structure, unchanged(structure), Ligand.NONE);
        return StructureReader.read(file);
    }

    private static List<String> describe(Stream<HeteroGroup> groups) {
        return groups.map(group -> group + " " + group.kind() + " " + group.atoms().stream().map(StructureAtom::toString).toList() + group.bonds()).toList();
    }

    private static void assertSameTable(ResidueTable expected, ResidueTable actual) {
        assertEquals(expected.ids(), actual.ids());
        assertEquals(expected.names(), actual.names());
        assertArrayEquals(expected.types(), actual.types());
        assertArrayEquals(expected.present(), actual.present());
        assertArrayEquals(expected.breakBefore(), actual.breakBefore());
        assertArrayEquals(expected.atom14(), actual.atom14(), 1e-3);
    }

    private static Ligand ligand(String name, Vec3 shift) {
        List<LigandAtom> atoms = new ArrayList<>();
        for (String element : List.of("C", "N", "Cl")) {
            atoms.add(new LigandAtom(element, element, new Vec3(60 + atoms.size(), 5, 0).plus(shift), element.equals("N") ? 1 : 0, false, 0, 0, 1, false,
                    false, false));
        }
        return new Ligand(name, atoms, List.of(new Ligand.Bond(0, 1, 2), new Ligand.Bond(0, 2, 1)));
    }

    /** Positions of residue i at x = 100 + slot. */
    private static StructureWriter.Coordinates rebuilt(Structure structure, int... residues) {
        StructureWriter.Coordinates coordinates = unchanged(structure);
        for (int residue : residues) {
            coordinates.predicted()[residue] = true;
            coordinates.confidence()[residue] = 0.8125;
            for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
                new Vec3(100 + slot, slot == ResidueConstants.O ? 1 : 0, residue).store(coordinates.atom14(), residue * ResidueConstants.SLOTS + slot);
            }
        }
        return coordinates;
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.pdb", "out.ent", "out.pdb.gz", "out.cif", "out.mmcif.gz"})
    void whatIsWrittenIsReadAgain(String name) throws IOException {
        Structure structure = everything();
        assertEquals("ASSXGXMGG", structure.residues().sequence());
        assertEquals(1, structure.links().size());
        Structure again = writtenAndRead(name, structure);
        assertSameTable(structure.residues(), again.residues());
        assertEquals(structure.residueAtoms(), again.residueAtoms());
        assertEquals(describe(structure.heteroGroups().stream()), describe(again.heteroGroups().stream()));
        assertEquals(describe(structure.waterAndNucleic().stream()), describe(again.waterAndNucleic().stream()));
        assertEquals(structure.links(), again.links());
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.pdb", "out.cif"})
    void predictedResiduesGetTheirNewAtomsAndConfidence(String name) throws IOException {
        Structure structure = everything();
        List<String> notes = StructureWriter.write(folder.resolve(name), structure, rebuilt(structure, 1), Ligand.NONE);
        assertEquals(List.of(), notes);
        Structure again = StructureReader.read(folder.resolve(name));
        List<StructureAtom> atoms = again.residueAtoms().get(1);
        assertEquals(List.of("N", "CA", "C", "O", "CB", "OG"), atoms.stream().map(StructureAtom::name).toList());
        assertEquals(new Vec3(105, 0, 1), atoms.get(5).position());
        atoms.forEach(atom -> assertEquals(81.25, atom.bFactor()));
        assertEquals(structure.residueAtoms().get(0), again.residueAtoms().get(0));
        assertEquals(structure.residueAtoms().get(2), again.residueAtoms().get(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.pdb", "out.cif"})
    void aRebuiltModifiedResidueTakesItsParentsName(String name) throws IOException {
        Structure structure = everything();
        List<String> notes = StructureWriter.write(folder.resolve(name), structure, rebuilt(structure, 2, 3, 5), Ligand.NONE);
        assertEquals(List.of("CSO is written as SER, because its side chain was rebuilt: A:3"), notes);
        Structure again = StructureReader.read(folder.resolve(name));
        assertEquals("SER", again.residues().names().get(2));
        assertEquals(structure.residueAtoms().get(3), again.residueAtoms().get(3), "unknown residues stay");
        assertEquals(structure.residueAtoms().get(5), again.residueAtoms().get(5), "unknown residues stay");
    }

    @Test
    void theLastOxygenFollowsTheNewOne() throws IOException {
        Structure structure = everything();
        StructureWriter.write(folder.resolve("out.pdb"), structure, rebuilt(structure, 6), Ligand.NONE);
        StructureAtom last = StructureReader.read(folder.resolve("out.pdb")).residueAtoms().get(6).getLast();
        assertEquals("OXT", last.name());
        // C at (102, 0), O at (103, 1), CA–C along x
        assertEquals(new Vec3(103, -1, 6), last.position());
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.pdb", "out.cif"})
    void aLigandOfItsOwnFileGetsAChainOfItsOwn(String name) throws IOException {
        Structure structure = everything();
        List<String> notes = StructureWriter.write(folder.resolve(name), structure, unchanged(structure), ligand("benzamidine", Vec3.ZERO));
        assertEquals(List.of("The ligand is written as L:L00:1"), notes, "LIG is taken");
        HeteroGroup written = StructureReader.read(folder.resolve(name)).heteroGroups().getLast();
        assertEquals("L:L00:1", written.toString());
        assertEquals(HeteroGroup.Kind.LIGAND, written.kind());
        assertEquals(List.of("C", "N", "Cl"), written.atoms().stream().map(StructureAtom::element).toList());
        assertEquals(List.of(0, 1, 0), written.atoms().stream().map(StructureAtom::charge).toList());
        assertEquals(List.of(new HeteroGroup.Bond(0, 1, 2), new HeteroGroup.Bond(0, 2, 1)), written.bonds());
    }

    @Test
    void aShortLigandNameIsKeptAndDoubleAtomNamesAreNumbered() throws IOException {
        Structure structure = everything();
        Ligand one = ligand("abc", Vec3.ZERO);
        List<LigandAtom> twice = Stream.of(one, ligand("", new Vec3(0, 4, 0))).flatMap(ligand -> ligand.atoms().stream()).toList();
        StructureWriter.write(folder.resolve("out.pdb"), structure, unchanged(structure), new Ligand("abc", twice, List.of()));
        HeteroGroup written = StructureReader.read(folder.resolve("out.pdb")).heteroGroups().getLast();
        assertEquals("L:ABC:1", written.toString());
        assertEquals(List.of("C1", "N1", "CL1", "C2", "N2", "CL2"), written.atoms().stream().map(StructureAtom::name).toList());
    }

    @Test
    void aLigandThatTheStructureHasIsWrittenOnce() throws IOException {
        Structure structure = everything();
        HeteroGroup group = structure.heteroGroups().getFirst();
        List<LigandAtom> atoms = group.atoms().stream().map(atom -> new LigandAtom(atom.name(), atom.element(), atom.position().plus(new Vec3(0.001, 0, 0)),
                0, false, 0, 0, 1, false, false, false))
                .toList();
        List<String> notes = StructureWriter.write(folder.resolve("out.cif"), structure, unchanged(structure), new Ligand("LIG", atoms, List.of()));
        assertEquals(List.of("The ligand is written once, as the structure has it: A:LIG:401"), notes);
        assertEquals(structure.heteroGroups().size(), StructureReader.read(folder.resolve("out.cif")).heteroGroups().size());
    }

    @Test
    void whatThePdbFormatCannotHoldIsRefused() throws IOException {
        assertRefused("chain name AAA is longer than one character", CifText.tripeptide().read(folder));
        assertRefused("residue name ABCDE of A:1 is longer than three", renamed(new ResidueId("A", 1, ""), "ABCDE", new Vec3(0, 0, 0), 1));
        assertRefused("residue number 10000 of chain A does not fit", renamed(new ResidueId("A", 10000, ""), "ABC", new Vec3(0, 0, 0), 1));
        assertRefused("atom CA of residue A:1 is too far from the origin", renamed(new ResidueId("A", 1, ""), "ABC", new Vec3(-1000, 0, 0), 1));
        assertRefused("there are more than 99999 atoms", renamed(new ResidueId("A", 1, ""), "ABC", new Vec3(0, 0, 0), 100_000));
    }

    private void assertRefused(String part, Structure structure) {
        Path file = folder.resolve("out.pdb");
        StructureException e = assertThrows(StructureException.class, () -> StructureWriter.write(file, structure, unchanged(structure), Ligand.NONE));
        assertTrue(e.getMessage().startsWith(file + ": ") && e.getMessage().contains(part) && e.getMessage().endsWith("write a .cif file instead"),
                e.getMessage());
        assertTrue(Files.notExists(file));
    }

    /** One residue of unknown type with an atom, written so many times as water. */
    private static Structure renamed(ResidueId id, String name, Vec3 position, int atoms) {
        ResidueTable table = new ResidueTable(List.of(id), List.of(name), new int[] {ResidueConstants.UNKNOWN}, new double[42], new boolean[14],
                new boolean[] {true});
        StructureAtom atom = new StructureAtom("CA", "C", position, 0, 1, 0);
        HeteroGroup water = new HeteroGroup(id, "HOH", HeteroGroup.Kind.WATER, List.of(atom), List.of());
        return new Structure("x", Path.of("x.pdb"), table, List.of(List.of(atom)), List.of(), Stream.generate(() -> water).limit(atoms).toList(), List.of(),
                List.of());
    }

    @Test
    void anUnknownEndingAndAMissingFolderAreRefused() throws IOException {
        Structure structure = everything();
        IOException ending = assertThrows(StructureException.class, () -> StructureWriter.write(folder.resolve("out.txt"), structure, unchanged(structure),
                Ligand.NONE));
        assertTrue(ending.getMessage().contains("use .pdb or .cif"), ending.getMessage());
        Path missing = folder.resolve("none").resolve("out.pdb");
        IOException e = assertThrows(IOException.class, () -> StructureWriter.write(missing, structure, unchanged(structure), Ligand.NONE));
        assertTrue(e.getMessage().contains(missing.toString()), e.getMessage());
    }

    @Test
    void positionsThatAreNoNumbersAreRefusedAndTheOldFileStays() throws IOException {
        Structure structure = everything();
        Path file = Files.writeString(folder.resolve("out.pdb"), "old");
        StructureWriter.Coordinates coordinates = rebuilt(structure, 1);
        coordinates.atom14()[ResidueConstants.SLOTS * 3] = Double.NaN;
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> StructureWriter.write(file, structure, coordinates, Ligand.NONE));
        assertEquals("residue A:2: no finite position of N", e.getMessage());
        assertEquals("old", Files.readString(file));
    }

    @Test
    void pdbColumnsAreThoseOfTheFormat() throws IOException {
        Structure structure = everything();
        StructureWriter.write(folder.resolve("out.pdb"), structure, unchanged(structure), Ligand.NONE);
        List<String> lines = Files.readAllLines(folder.resolve("out.pdb"), StandardCharsets.US_ASCII);
        assertTrue(lines.contains("ATOM      1  N   ALA A  -1       0.000   0.000   0.000  1.00 10.00           N"), lines.toString());
        assertTrue(lines.contains("SEQRES   1 A    5  ALA SER CSO CRO GLY"), lines.toString());
        assertTrue(lines.contains("MODRES XXXX CSO A    3  SER  MODIFIED RESIDUE"), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.matches("HETATM +\\d+ ZN    ZN A 402      23.000   9.000   0.000  0.50 20.00          ZN2\\+")),
                lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.matches("TER +\\d+      GLY A   5")), lines.toString());
        assertEquals("END", lines.getLast());
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "C1'", "O1\"", "'", "\"", "a b", "_x", "data_1", "loop_", ".", "?", "#1", ";", "$", "[a]", "a'b\"c d", " "})
    void everyTextSurvivesAsACifValue(String text) throws IOException {
        Structure structure = renamed(new ResidueId("A", 1, ""), "ABC", Vec3.ZERO, 0);
        StructureAtom atom = new StructureAtom(text, "C", Vec3.ZERO, 0, 1, 0);
        StructureAtom ca = new StructureAtom("CA", "C", Vec3.ZERO, 0, 1, 0);
        Structure named = new Structure("x", Path.of("x"), structure.residues(), List.of(List.of(ca, atom)), List.of(), List.of(), List.of(), List.of());
        if (text.isBlank()) {
            assertEquals("' '", CifWriter.quoted(text));
        } else if (!text.equals(".") && !text.equals("?")) {
            assertEquals(text, writtenAndRead("out.cif", named).residueAtoms().getFirst().getLast().name());
        }
    }
}
