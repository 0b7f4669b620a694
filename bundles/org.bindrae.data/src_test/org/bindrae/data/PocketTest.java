package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class PocketTest {
    private static final PreparationSettings SETTINGS = PreparationSettings.defaults();

    @Test
    void weightsFallOffWithTheSquareOfTheDistanceAndTheClosestIsOne() {
        ResidueTable table = DrawnProtein.table("AAAAAAAAAA");
        Pocket pocket = Pocket.of(table, ligandAt(3.8 * 4, -3, 0), SETTINGS);
        assertEquals(3, pocket.distances()[4], 1e-12);
        assertEquals(1, pocket.weights()[4]);
        double d = pocket.distances()[5];
        assertEquals(Math.exp(-0.5 * (d * d - 9) / 4), pocket.weights()[5], 1e-12);
    }

    @Test
    void contactsAreWidenedByOneResidueAlongTheChain() {
        ResidueTable table = DrawnProtein.table("AAAAAAAAAA");
        // only residue 4 is a contact
        Pocket pocket = Pocket.of(table, ligandAt(3.8 * 4, -4.9, 0), SETTINGS);
        assertEquals(List.of(3, 4, 5), inside(pocket));
        assertEquals(List.of(4), inside(Pocket.of(table, ligandAt(3.8 * 4, -4.9, 0), new PreparationSettings(5, 0, 2, false))));
        assertEquals(List.of(2, 3, 4, 5, 6), inside(Pocket.of(table, ligandAt(3.8 * 4, -4.9, 0), new PreparationSettings(5, 2, 2, false))));
    }

    @Test
    void wideningStopsAtAChainBreakAndAtTheEnds() {
        ResidueTable table = DrawnProtein.table("AAAAAAAAAA");
        table.breakBefore()[4] = true;
        assertEquals(List.of(4, 5), inside(Pocket.of(table, ligandAt(3.8 * 4, -4.9, 0), SETTINGS)));
        table.breakBefore()[5] = true;
        assertEquals(List.of(4), inside(Pocket.of(table, ligandAt(3.8 * 4, -4.9, 0), SETTINGS)));
        assertEquals(List.of(0, 1), inside(Pocket.of(table, ligandAt(0, -4.9, 0), SETTINGS)));
        assertEquals(List.of(8, 9), inside(Pocket.of(table, ligandAt(3.8 * 9, -4.9, 0), SETTINGS)));
    }

    @Test
    void aFarLigandAndNoLigandHaveNoPocket() {
        ResidueTable table = DrawnProtein.table("AAAA");
        assertArrayEquals(new double[4], Pocket.of(table, ligandAt(0, -50, 0), SETTINGS).weights());
        Pocket none = Pocket.of(table, Ligand.NONE, SETTINGS);
        assertArrayEquals(new double[4], none.weights());
        assertEquals(Double.POSITIVE_INFINITY, none.distances()[0]);
    }

    @Test
    void absentAtomsDoNotCount() {
        ResidueTable table = DrawnProtein.table("AAAA");
        Arrays.fill(table.present(), 0, 14, false);
        Pocket pocket = Pocket.of(table, ligandAt(0, 0, 0), SETTINGS);
        assertEquals(Double.POSITIVE_INFINITY, pocket.distances()[0]);
        assertEquals(1, pocket.weights()[1]);
        // widened, but infinitely far
        assertEquals(0, pocket.weights()[0]);
    }

    private static List<Integer> inside(Pocket pocket) {
        return IntStream.range(0, pocket.weights().length).filter(i -> pocket.weights()[i] > 0).boxed().toList();
    }

    private static Ligand ligandAt(double x, double y, double z) {
        return new Ligand("x", List.of(new LigandAtom("C1", "C", new Vec3(x, y, z), 0, false, 0, 0, 0, false, false, false)), List.of());
    }
}
