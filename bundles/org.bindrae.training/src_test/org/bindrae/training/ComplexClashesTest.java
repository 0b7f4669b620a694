package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.data.Batch;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class ComplexClashesTest {
    private static final int SLOTS = ResidueConstants.SLOTS;

    /** The same complex with a ligand atom at 1.8 Å from an atom of the protein and three more in a row. */
    private static Sample bound(Sample sample, int atom) {
        Vec3 anchor = Vec3.at(sample.residues().atom14(), atom);
        List<LigandAtom> atoms = IntStream.range(0, 4)
                .mapToObj(i -> new LigandAtom("C" + i, "C", anchor.plus(new Vec3(1.8 + 1.5 * i, 0, 0)), 0, false, 0, 0, 1, false, false, false)).toList();
        Ligand ligand = new Ligand("COV", atoms, List.of(new Ligand.Bond(0, 1, 1), new Ligand.Bond(1, 2, 1), new Ligand.Bond(2, 3, 1)));
        return new Sample(sample.id(), sample.residues(), ligand, sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), sample.notes(),
                sample.hash());
    }

    @Test
    void aCovalentLigandDoesNotClashWithItsAnchor() {
        Sample first = RandomComplex.whole("a", 6, 5);
        Sample second = RandomComplex.whole("b", 9, 6);
        int anchor = 3 * SLOTS + ResidueConstants.C;
        Batch batch = Batch.of(List.of(first, bound(second, anchor)));
        boolean[] all = new boolean[15 * SLOTS];
        Arrays.fill(all, true);
        ClashSystem system = ComplexClashes.of(batch, all);
        int global = 6 * SLOTS + anchor;
        int ligand = 15 * SLOTS + first.ligand().atoms().size();
        assertEquals(8, system.ligands().total());
        assertTrue(system.bonds().isNear(global, ligand));
        assertTrue(system.bonds().isNear(global, ligand + 2), "three bonds, through the ligand");
        assertFalse(system.bonds().isNear(global, ligand + 3));
        assertTrue(system.bonds().isNear(ligand, ligand + 3));
        assertFalse(system.bonds().isNear(global, 15 * SLOTS), "an atom of another complex");
    }

    @Test
    void ligandsAreCentredLikeTheirProteins() {
        Sample sample = RandomComplex.whole("a", 6, 5);
        Batch batch = Batch.of(List.of(sample));
        ClashSystem system = ComplexClashes.of(batch, new boolean[6 * SLOTS]);
        Vec3 gapHere = Vec3.at(system.ligandAtoms(), 2).minus(Vec3.at(batch.atom14(), ResidueConstants.CA));
        Vec3 gapInFile = sample.ligand().atoms().get(2).position().minus(Vec3.at(sample.residues().atom14(), ResidueConstants.CA));
        assertEquals(0, gapHere.distance(gapInFile), 1e-12);
        assertEquals(ResidueConstants.vanDerWaalsRadius("Cl"), system.ligandRadii()[3]);
    }
}
