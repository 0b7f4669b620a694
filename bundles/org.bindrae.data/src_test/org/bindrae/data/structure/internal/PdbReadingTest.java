package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PdbReadingTest {
    @TempDir
    Path folder;

    private static Vec3 position(Structure structure, int residue, String atom) {
        int slot = ResidueConstants.slot(structure.residues().types()[residue], atom);
        int place = residue * ResidueConstants.SLOTS + slot;
        return structure.residues().present()[place] ? Vec3.at(structure.residues().atom14(), place) : null;
    }

    private static List<String> atomNames(List<StructureAtom> atoms) {
        return atoms.stream().map(StructureAtom::name).toList();
    }

    private static List<String> groups(Structure structure) {
        return structure.heteroGroups().stream().map(group -> group + " " + group.kind()).toList();
    }

    @Test
    void residuesKeepTheirOrderNamesAndPositions() throws IOException {
        Structure structure = PdbText.tripeptide().end().read(folder);
        ResidueTable residues = structure.residues();
        assertEquals("test", structure.name());
        assertEquals(List.of(new ResidueId("A", 1, ""), new ResidueId("A", 2, ""), new ResidueId("A", 3, "")), residues.ids());
        assertEquals("ASG", residues.sequence());
        assertArrayEquals(new boolean[] {true, false, false}, residues.breakBefore());
        assertEquals(new Vec3(5.2, 1.5, 1), position(structure, 1, "CB"));
        assertEquals(List.of("N", "CA", "C", "O", "CB"), atomNames(structure.residueAtoms().get(1)));
        assertEquals(List.of("Residues miss atoms: A:2"), structure.notes());
    }

    @Test
    void chainsFollowInTheOrderOfTheirFirstResidues() throws IOException {
        Structure structure = new PdbText().residue("ALA", "B", 7, 0).residue("GLY", "A", 1, 20).residue("SER", "B", 8, 1).end().read(folder);
        assertEquals("ASG", structure.residues().sequence());
        assertArrayEquals(new boolean[] {true, false, true}, structure.residues().breakBefore());
    }

    @Test
    void aChainBreaksWhereCAndNAreMoreThanTwoAngstromApart() throws IOException {
        PdbText text = new PdbText();
        text.residue("GLY", "A", 1, 0);
        text.atom("ATOM", "N", "", "GLY", "A", 2, 2.5 + 1.999, 0, 0, 1).atom("ATOM", "CA", "", "GLY", "A", 2, 6, 0, 0, 1)
                .atom("ATOM", "C", "", "GLY", "A", 2, 7, 0, 0, 1);
        text.atom("ATOM", "N", "", "GLY", "A", 3, 7 + 2.001, 0, 0, 1).atom("ATOM", "CA", "", "GLY", "A", 3, 10, 0, 0, 1)
                .atom("ATOM", "C", "", "GLY", "A", 3, 11, 0, 0, 1);
        assertArrayEquals(new boolean[] {true, false, true}, text.end().read(folder).residues().breakBefore());
    }

    @Test
    void anotherChainIsABreakEvenWhereAtomsAreClose() throws IOException {
        Structure structure = new PdbText().residue("GLY", "A", 1, 0).residue("GLY", "B", 1, 1).end().read(folder);
        assertArrayEquals(new boolean[] {true, true}, structure.residues().breakBefore());
    }

    @Test
    void chainNamesMayBeBlankAndNumbersNegativeWithInsertionCodes() throws IOException {
        PdbText text = new PdbText().residue("GLY", " ", -5, 0);
        String inserted = new PdbText().residue("ALA", " ", -5, 1).toString().replace("  -5 ", "  -5B");
        inserted.lines().forEach(text::line);
        assertEquals(List.of(new ResidueId("", -5, ""), new ResidueId("", -5, "B")), text.end().read(folder).residues().ids());
    }

    @Test
    void theFileSaysWhatAModifiedResidueStandsFor() throws IOException {
        Structure structure = new PdbText().line("MODRES 1ABC CSO A    2  SER  S-HYDROXYCYSTEINE").residue("ALA", "A", 1, 0)
                .residue("HETATM", "CSO", "A", 2, 1).residue("GLY", "A", 3, 2)
                .end().read(folder);
        assertEquals("ASG", structure.residues().sequence());
        assertEquals("CSO", structure.residues().names().get(1));
        assertTrue(structure.notes().contains("CSO counts as SER, as the file says: A:2"), structure.notes().toString());
    }

    @Test
    void aTableSaysItWhereTheFileDoesNot() throws IOException {
        PdbText text = new PdbText().residue("ALA", "A", 1, 0).residue("HETATM", "MSE", "A", 2, 1).atom("HETATM", "SE", "Se", "", "MSE", "A", 2, 9, 9, 9, 1)
                .residue("GLY", "A", 3, 2);
        Structure structure = text.end().read(folder);
        assertEquals("AMG", structure.residues().sequence());
        assertEquals(new Vec3(9, 9, 9), position(structure, 1, "SD"));
        assertEquals("Se", structure.residueAtoms().get(1).getLast().element());
        assertTrue(structure.notes().contains("MSE counts as MET: A:2"), structure.notes().toString());
    }

    @Test
    void namesOfSimulationProgramsAreUnderstood() throws IOException {
        PdbText text = new PdbText().residue("HSD", "A", 1, 0).residue("ILE", "A", 2, 1).atom("ATOM", "CD", "", "ILE", "A", 2, 9, 9, 9, 1);
        String last = new PdbText().residue("CYX", "A", 3, 2).toString().replace(" O   ", " OT1 ");
        last.lines().forEach(text::line);
        Structure structure = text.end().read(folder);
        assertEquals("HIC", structure.residues().sequence());
        assertEquals(new Vec3(9, 9, 9), position(structure, 1, "CD1"));
        assertEquals(new Vec3(7.6 + 2.5, -1.2, 0), position(structure, 2, "O"));
    }

    @Test
    void anUnknownAminoAcidStaysWithItsBackbone() throws IOException {
        Structure structure = new PdbText().residue("ALA", "A", 1, 0).residue("HETATM", "XYZ", "A", 2, 1).residue("GLY", "A", 3, 2).end().read(folder);
        assertEquals("AXG", structure.residues().sequence());
        assertEquals(new Vec3(3.8 + 2.5, -1.2, 0), position(structure, 1, "O"));
        assertArrayEquals(new boolean[] {true, true, true}, BackboneFrames.of(structure.residues().atom14(), structure.residues().present()).mask());
        assertTrue(structure.notes().contains("XYZ counts as unknown amino acid: A:2"), structure.notes().toString());
    }

    @Test
    void aChromophoreBetweenAminoAcidsStaysInTheSequence() throws IOException {
        PdbText text = new PdbText().line("SEQRES   1 A    3  ALA CRO GLY").residue("ALA", "A", 1, 0);
        text.hetero("N1", "N", "CRO", "A", 2, 3.8, 0, 0).hetero("C3", "C", "CRO", "A", 2, 6.3, 0, 0).residue("GLY", "A", 3, 2);
        Structure structure = text.end().read(folder);
        assertEquals("AXG", structure.residues().sequence());
        assertEquals(2, structure.residueAtoms().get(1).size());
        assertArrayEquals(new boolean[] {true, true, true}, structure.residues().breakBefore());
    }

    @Test
    void aNaturalProductOfSeveralComponentsIsALigand() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").line("SEQRES   1 R    2  OPH OAR");
        text.hetero("C1", "C", "OPH", "R", 1, 30, 0, 0).hetero("O1", "O", "OPH", "R", 1, 31, 0, 0).hetero("C1", "C", "OAR", "R", 2, 32, 0, 0)
                .hetero("N1", "N", "OAR", "R", 2, 33, 0, 0);
        Structure structure = text.end().read(folder);
        assertEquals("ASG", structure.residues().sequence());
        assertEquals(List.of("R:OPH:1 LIGAND", "R:OAR:2 LIGAND"), groups(structure));
    }

    @Test
    void aPeptideInhibitorIsAChain() throws IOException {
        Structure structure = PdbText.tripeptide().line("TER").residue("LEU", "I", 1, 20).residue("HETATM", "PSA", "I", 2, 21).residue("ARG", "I", 3, 22)
                .end().read(folder);
        assertEquals("ASGLXR", structure.residues().sequence());
        assertTrue(structure.heteroGroups().isEmpty());
    }

    @Test
    void aFreeAminoAcidIsALigand() throws IOException {
        Structure behindTheEnd = PdbText.tripeptide().line("TER").residue("HETATM", "GLU", "A", 4, 3).line("END").read(folder);
        assertEquals(List.of("A:GLU:4 LIGAND"), groups(behindTheEnd));
        Structure withoutEnd = PdbText.tripeptide().residue("HETATM", "GLU", "A", 4, 30).line("END").read(folder);
        assertEquals(List.of("A:GLU:4 LIGAND"), groups(withoutEnd));
    }

    @Test
    void residuesWithMissingAtomsStay() throws IOException {
        PdbText text = new PdbText().residue("ALA", "A", 1, 0).atom("ATOM", "N", "", "TRP", "A", 2, 3.8, 0, 0, 1).atom("ATOM", "CA", "", "TRP", "A", 2, 5.2,
                0.5, 0, 1).residue("GLY", "A", 3, 2);
        Structure structure = text.end().read(folder);
        assertEquals("AWG", structure.residues().sequence());
        assertArrayEquals(new boolean[] {true, false, true}, structure.residues().breakBefore());
        assertArrayEquals(new boolean[] {true, false, true}, BackboneFrames.of(structure.residues().atom14(), structure.residues().present()).mask());
        assertTrue(structure.notes().contains("Residues without N, CA or C have no frame: A:2"), structure.notes().toString());
    }

    @Test
    void hydrogensAreDroppedWhateverTheirNames() throws IOException {
        PdbText text = PdbText.tripeptide();
        text.atom("ATOM", "HB1", "", "SER", "A", 2, 0, 0, 0, 1).atom("ATOM", "1HB", "H", "", "SER", "A", 2, 0, 0, 0, 1)
                .atom("ATOM", "DG", "D", "", "SER", "A", 2, 0, 0, 0, 1);
        text.line("ATOM     20 HG11 VAL A   4       0.000   0.000   0.000  1.00 10.00")
                .line("ATOM     21  CB  VAL A   4      40.000   0.000   0.000  1.00 10.00");
        Structure structure = text.end().read(folder);
        assertEquals(List.of("N", "CA", "C", "O", "CB"), atomNames(structure.residueAtoms().get(1)));
        assertEquals(List.of("CB"), atomNames(structure.residueAtoms().get(3)));
    }

    @Test
    void elementsComeFromNamesWhereTheirColumnsAreEmpty() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER");
        text.line("HETATM   20 CA    CA A 101      20.000   0.000   0.000  1.00 10.00")
                .line("HETATM   21  CA  LIG A 102      21.000   0.000   0.000  1.00 10.00");
        text.line("HETATM   22 CL1  LIG A 102      22.000   0.000   0.000  1.00 10.00")
                .line("HETATM   23 HO12 LIG A 102      22.000   0.000   0.000  1.00 10.00");
        List<HeteroGroup> groups = text.line("END").read(folder).heteroGroups();
        assertEquals(List.of("Ca"), groups.get(0).atoms().stream().map(StructureAtom::element).toList());
        assertEquals(List.of("C", "Cl"), groups.get(1).atoms().stream().map(StructureAtom::element).toList());
    }

    @Test
    void theMostOccupiedLocationIsKept() throws IOException {
        PdbText text = new PdbText().residue("GLY", "A", 1, 0);
        text.atom("ATOM", "N", "", "SER", "A", 2, 3.8, 0, 0, 1).atom("ATOM", "CA", "", "SER", "A", 2, 5.2, 0, 0, 1).atom("ATOM", "C", "", "SER", "A", 2, 6.3,
                0, 0, 1);
        text.atom("ATOM", "CB", "A", "SER", "A", 2, 1, 1, 1, 0.4).atom("ATOM", "CB", "B", "SER", "A", 2, 2, 2, 2, 0.6);
        text.atom("ATOM", "OG", "A", "SER", "A", 2, 3, 3, 3, 0.4).atom("ATOM", "OG", "B", "SER", "A", 2, 4, 4, 4, 0.6);
        Structure structure = text.end().read(folder);
        assertEquals(List.of("N", "CA", "C", "CB", "OG"), atomNames(structure.residueAtoms().get(1)));
        assertEquals(new Vec3(2, 2, 2), position(structure, 1, "CB"));
        assertEquals(new Vec3(4, 4, 4), position(structure, 1, "OG"));
    }

    @Test
    void occupanciesAreSummedOverTheResidue() throws IOException {
        PdbText text = new PdbText().residue("GLY", "A", 1, 0).residue("GLY", "A", 2, 1);
        text.atom("ATOM", "OXT", "A", "GLY", "A", 2, 1, 1, 1, 0.6).atom("ATOM", "OXT", "B", "GLY", "A", 2, 2, 2, 2, 0.4)
                .atom("ATOM", "X1", "B", "GLY", "A", 2, 2, 2, 2, 0.4);
        assertEquals(new Vec3(2, 2, 2), text.end().read(folder).residueAtoms().get(1).get(4).position());
    }

    @Test
    void tiesGoToA() throws IOException {
        PdbText text = new PdbText().residue("GLY", "A", 1, 0);
        text.atom("ATOM", "OXT", "1", "GLY", "A", 1, 1, 1, 1, 0.5).atom("ATOM", "OXT", "A", "GLY", "A", 1, 2, 2, 2, 0.5)
                .atom("ATOM", "OXT", "B", "GLY", "A", 1, 3, 3, 3, 0.5);
        assertEquals(new Vec3(2, 2, 2), text.end().read(folder).residueAtoms().get(0).getLast().position());
    }

    @Test
    void theBackboneIsCompletedFromAnotherLocation() throws IOException {
        PdbText text = new PdbText().residue("GLY", "A", 1, 0);
        text.atom("ATOM", "N", "A", "SER", "A", 2, 3.8, 0, 0, 0.4).atom("ATOM", "CA", "A", "SER", "A", 2, 5.2, 0, 0, 0.4)
                .atom("ATOM", "C", "A", "SER", "A", 2, 6.3, 0, 0, 0.4);
        text.atom("ATOM", "OG", "A", "SER", "A", 2, 9, 9, 9, 0.4).atom("ATOM", "CA", "B", "SER", "A", 2, 5.3, 0, 0, 0.9)
                .atom("ATOM", "CB", "B", "SER", "A", 2, 5.3, 1, 1, 0.9);
        Structure structure = text.end().read(folder);
        assertEquals(new Vec3(5.3, 0, 0), position(structure, 1, "CA"));
        assertEquals(new Vec3(3.8, 0, 0), position(structure, 1, "N"));
        assertEquals(null, position(structure, 1, "OG"), "side chains are not mixed");
    }

    @Test
    void ofTwoComponentsUnderOneNumberTheMoreOccupiedStays() throws IOException {
        PdbText text = new PdbText().residue("GLY", "A", 1, 0);
        for (String atom : List.of("N", "CA", "C", "O", "CB", "OG")) {
            text.atom("ATOM", atom, "A", "SER", "A", 2, 3.8, 0, 0, 0.45);
        }
        for (String atom : List.of("N", "CA", "C")) {
            text.atom("ATOM", atom, "B", "ALA", "A", 2, 3.8, 0, 0, 0.55);
        }
        Structure structure = text.end().read(folder);
        assertEquals("GA", structure.residues().sequence());
        assertTrue(structure.notes().contains("ALA is kept where SER is an alternative: A:2"), structure.notes().toString());
    }

    @Test
    void ligandsHaveOneLocationToo() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER");
        text.atom("HETATM", "C1", "A", "LIG", "A", 9, 20, 0, 0, 0.3).atom("HETATM", "C1", "B", "LIG", "A", 9, 21, 0, 0, 0.7)
                .atom("HETATM", "O1", "B", "LIG", "A", 9, 22, 0, 0, 0.7);
        HeteroGroup ligand = text.line("END").read(folder).heteroGroups().getFirst();
        assertEquals(List.of("C1", "O1"), atomNames(ligand.atoms()));
        assertEquals(0.7, ligand.atoms().getFirst().occupancy());
        assertEquals(21, ligand.atoms().getFirst().position().x());
    }

    @Test
    void onlyTheFirstModelCounts() throws IOException {
        PdbText text = new PdbText().line("MODEL        1").residue("GLY", "A", 1, 0).line("ENDMDL").line("MODEL        2").residue("GLY", "A", 1, 50)
                .line("ENDMDL");
        Structure structure = text.line("END").read(folder);
        assertEquals(1, structure.residues().size());
        assertEquals(new Vec3(0, 0, 0), position(structure, 0, "N"));
        assertEquals(List.of("The first of 2 models is used"), structure.notes());
    }

    @Test
    void groupsAreToldApart() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").hetero("C1", "C", "LIG", "A", 10, 20, 0, 0).hetero("O1", "O", "LIG", "A", 10, 21, 0, 0);
        text.hetero("ZN", "Zn", "ZN", "A", 11, 30, 0, 0).hetero("C1", "C", "GOL", "A", 12, 40, 0, 0).hetero("O1", "O", "GOL", "A", 12, 41, 0, 0);
        text.hetero("FE1", "Fe", "FES", "A", 13, 50, 0, 0).hetero("S1", "S", "FES", "A", 13, 51, 0, 0).hetero("S", "S", "SO4", "A", 14, 60, 0, 0)
                .hetero("O1", "O", "SO4", "A", 14, 61, 0, 0);
        text.hetero("C", "C", "ACE", "A", 0, 70, 0, 0).hetero("O", "O", "ACE", "A", 0, 71, 0, 0).hetero("O", "O", "HOH", "A", 201, 80, 0, 0)
                .hetero("O", "O", "HOH", "A", 202, 81, 0, 0);
        Structure structure = text.line("END").read(folder);
        assertEquals(List.of("A:LIG:10 LIGAND", "A:ZN:11 ION", "A:GOL:12 SOLVENT", "A:FES:13 ION", "A:SO4:14 SOLVENT", "A:ACE:0 CAP"), groups(structure));
        assertEquals(List.of(HeteroGroup.Kind.WATER, HeteroGroup.Kind.WATER), structure.waterAndNucleic().stream().map(HeteroGroup::kind).toList());
    }

    @Test
    void twoGroupsMayHaveTheSameNumber() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").hetero("FE", "Fe", "HEM", " ", 546, 20, 0, 0).hetero("CHA", "C", "HEM", " ", 546, 21, 0, 0);
        text.hetero("O1", "O", "OXY", " ", 546, 22, 0, 0).hetero("O2", "O", "OXY", " ", 546, 23, 0, 0);
        assertEquals(List.of(":HEM:546 LIGAND", ":OXY:546 LIGAND"), groups(text.line("END").read(folder)));
    }

    @Test
    void waterMayUseANumberAgain() throws IOException {
        Structure structure = PdbText.tripeptide().line("TER").hetero("O", "O", "HOH", "W", 1, 20, 0, 0).hetero("O", "O", "HOH", "W", 1, 23, 0, 0)
                .line("END").read(folder);
        assertEquals(2, structure.waterAndNucleic().size());
    }

    @Test
    void nucleicAcidsAreLeftOutAndNoted() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").atom("ATOM", "P", "", "DA", "B", 1, 20, 0, 0, 1).atom("ATOM", "P", "", "DT", "B", 2, 26, 0, 0, 1);
        Structure structure = text.end().read(folder);
        assertEquals("ASG", structure.residues().sequence());
        assertEquals(2, structure.waterAndNucleic().size());
        assertTrue(structure.notes().contains("Nucleic acid chains are hetero atoms, not residues: B"), structure.notes().toString());
    }

    @Test
    void connectionsBecomeBondsAndLinks() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").hetero("C1", "C", "LIG", "A", 10, 20, 0, 0).hetero("C2", "C", "LIG", "A", 10, 21, 0, 0)
                .hetero("O1", "O", "LIG", "A", 10, 22, 0, 0);
        text.hetero("ZN", "Zn", "ZN", "A", 11, 23, 0, 0);
        // serial numbers: SER CB is 10, LIG 15 to 17, ZN 18
        text.line("CONECT   15   16   10").line("CONECT   16   15   17   17").line("CONECT   17   16   16   18").line("CONECT   10   15")
                .line("CONECT   18   17");
        Structure structure = text.line("END").read(folder);
        assertEquals(List.of(new HeteroGroup.Bond(0, 1, 1), new HeteroGroup.Bond(1, 2, 2)), structure.heteroGroups().getFirst().bonds());
        assertEquals(List.of(new Structure.Link(new ResidueId("A", 2, ""), "CB", new ResidueId("A", 10, ""), "C1")), structure.links());
    }

    @Test
    void chargesAreRead() throws IOException {
        PdbText text = PdbText.tripeptide().line("TER").line("HETATM   20 ZN    ZN A 101      20.000   0.000   0.000  1.00 10.00          ZN2+");
        text.line("HETATM   21  O1  LIG A 102      21.000   0.000   0.000  1.00 10.00           O1-")
                .line("HETATM   22  O2  LIG A 102      22.000   0.000   0.000  1.00 10.00           O12");
        List<HeteroGroup> groups = text.line("END").read(folder).heteroGroups();
        assertEquals(2, groups.get(0).atoms().getFirst().charge());
        assertEquals(List.of(-1, 0), groups.get(1).atoms().stream().map(StructureAtom::charge).toList());
    }

    @Test
    void shortLinesAndOddSerialNumbersAreNoObstacle() throws IOException {
        PdbText text = new PdbText();
        PdbText.tripeptide().lines().forEach(line -> text.line(line.substring(0, 6) + "*****" + line.substring(11, 54)));
        Structure structure = text.line("END").read(folder);
        assertEquals("ASG", structure.residues().sequence());
        assertEquals(1, structure.residueAtoms().getFirst().getFirst().occupancy());
        assertFalse(structure.residues().breakBefore()[2]);
    }
}
