package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants.Bond;
import org.bindrae.tensor.Packing;
import org.junit.jupiter.api.Test;

/** {@link BondGraph}, {@link ClashLoss} and {@link ClashScore}. */
class ClashTest {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private final RandomGeometry random = RandomGeometry.seeded(23);

    private static Differentiation.Operation loss(ClashLoss loss, ClashSystem system) {
        return (tape, x) -> List.of(loss.of(tape, x.getFirst(), system));
    }

    /** Two sequences of random atoms in a small box, ligand atoms among them. */
    private ClashSystem crowded(RandomProtein protein, Packing ligands, double size) {
        double[] radii = new double[ligands.total()];
        Arrays.fill(radii, ResidueConstants.vanDerWaalsRadius("I"));
        BondGraph bonds = BondGraph.of(protein.types(), new boolean[protein.types().length], protein.packing(), ligands.total(), List.of());
        return new ClashSystem(protein.packing(), protein.exists(), ClashSystem.radii(protein.types()), ligands,
                random.points(ligands.total(), size), radii, bonds);
    }

    private static double bruteForce(ClashSystem system, int sequence, double[] atoms, double tolerance) {
        double sum = 0;
        int count = 0;
        int end = system.residues().end(sequence) * SLOTS;
        for (int a = system.residues().start(sequence) * SLOTS; a < end; a++) {
            if (!system.counted()[a]) {
                continue;
            }
            count++;
            for (int b = a + 1; b < end; b++) {
                double overlap = system.radii()[a] + system.radii()[b] - tolerance - Vec3.at(atoms, a).distance(Vec3.at(atoms, b));
                if (system.counted()[b] && overlap > 0 && !system.bonds().isNear(a, b)) {
                    sum += overlap * overlap;
                }
            }
            for (int l = system.ligands().start(sequence); l < system.ligands().end(sequence); l++) {
                double distance = Vec3.at(atoms, a).distance(Vec3.at(system.ligandAtoms(), l));
                double overlap = system.radii()[a] + system.ligandRadii()[l] - tolerance - distance;
                sum += overlap > 0 ? overlap * overlap : 0;
            }
        }
        return sum / Math.max(1, count);
    }

    @Test
    void penaltyEqualsTheSumOverAllPairs() {
        RandomProtein protein = RandomProtein.of(random, 10, 12, 0, 30);
        ClashSystem system = crowded(protein, Packing.ofLengths(4, 0, 9), 10);
        double[] atoms = random.points(protein.types().length * SLOTS, 10);
        double[] penalties = Differentiation.F64.results(loss(ClashLoss.DEFAULT, system), List.of(atoms)).getFirst();
        for (int s = 0; s < 3; s++) {
            assertEquals(bruteForce(system, s, atoms, 0.4), penalties[s], 1e-12);
        }
        assertTrue(penalties[0] > 0.1);
        assertEquals(0, penalties[1]);
    }

    @Test
    void gradientsAgreeWithFiniteDifferences() {
        RandomProtein protein = RandomProtein.of(random, 10, 3, 5);
        ClashSystem system = crowded(protein, Packing.ofLengths(2, 3), 5);
        // with such large atoms all pairs overlap: no pair comes or goes within a difference
        double[] atoms = random.points(protein.types().length * SLOTS, 5);
        Differentiation.F64.check(loss(new ClashLoss(-30), system), List.of(atoms), random);
        Differentiation.Outcome outcome = Differentiation.F64.run(loss(ClashLoss.DEFAULT, system), List.of(atoms),
                List.of(new double[] {1, 1}));
        double slope = 0;
        double[] direction = random.points(atoms.length / 3, 1);
        double[][] moved = {atoms.clone(), atoms.clone()};
        for (int i = 0; i < atoms.length; i++) {
            slope += direction[i] * outcome.gradients().getFirst()[i];
            moved[0][i] -= 1e-6 * direction[i];
            moved[1][i] += 1e-6 * direction[i];
        }
        double low = Arrays.stream(Differentiation.F64.results(loss(ClashLoss.DEFAULT, system), List.of(moved[0])).getFirst()).sum();
        double high = Arrays.stream(Differentiation.F64.results(loss(ClashLoss.DEFAULT, system), List.of(moved[1])).getFirst()).sum();
        assertEquals(slope, (high - low) / 2e-6, 1e-6 * Math.abs(slope) + 1e-8);
    }

    @Test
    void rigidMotionsOfProteinAndLigandChangeNothing() {
        RandomProtein protein = RandomProtein.of(random, 10, 20);
        ClashSystem system = crowded(protein, Packing.ofLengths(9), 8);
        double[] atoms = random.points(protein.types().length * SLOTS, 8);
        RigidFrame motion = random.motion(1000);
        ClashSystem moved = new ClashSystem(system.residues(), system.counted(), system.radii(), system.ligands(),
                RandomGeometry.move(motion, system.ligandAtoms()), system.ligandRadii(), system.bonds());
        assertArrayEquals(Differentiation.F64.results(loss(ClashLoss.DEFAULT, system), List.of(atoms)).getFirst(),
                Differentiation.F64.results(loss(ClashLoss.DEFAULT, moved), List.of(RandomGeometry.move(motion, atoms))).getFirst(), 1e-9);
    }

    @Test
    void realStructuresHaveFewClashesAndALigandInsideThemMany() {
        for (String name : List.of("1vsn", "6z4n")) {
            GoldenVectors golden = GoldenVectors.of(name);
            int[] types = golden.types();
            double[] atoms = golden.doubles("out.atom14_gt_positions");
            boolean[] present = golden.mask("out.atom14_gt_exists");
            Packing packing = Packing.ofLengths(types.length);
            List<Bond> disulfides = BondGraph.disulfides(types, atoms, present, packing);
            assertEquals(name.equals("1vsn") ? 2 : 0, disulfides.size(), name);
            BondGraph bonds = BondGraph.of(types, new boolean[types.length], packing, 1, disulfides);
            Packing ligand = Packing.ofLengths(1);
            double[] onTopOfAtom = {atoms[3], atoms[4], atoms[5]};
            double[] radii = ClashSystem.radii(types);
            ClashSystem system = new ClashSystem(packing, present, radii, ligand, onTopOfAtom, new double[] {1.7}, bonds);
            ClashScore score = ClashScore.of(system, 0, atoms, 0.4);
            assertTrue(score.protein() < 0.03 * score.atoms(), name + " " + score);
            assertTrue(score.ligand() >= 5, name + " " + score);
            assertEquals(1000.0 * (score.protein() + score.ligand()) / score.atoms(), score.perThousandAtoms());
            if (!disulfides.isEmpty()) {
                BondGraph without = BondGraph.of(types, new boolean[types.length], packing, 1, List.of());
                ClashSystem naive = new ClashSystem(packing, present, radii, ligand, onTopOfAtom, new double[] {1.7}, without);
                assertTrue(ClashScore.of(naive, 0, atoms, 0.4).protein() > score.protein());
            }
        }
    }

    @Test
    void bondsReachOverPeptideBondsButNotOverBreaks() {
        int alanine = ResidueConstants.typeOfCode("ALA");
        int[] types = {alanine, alanine, alanine};
        Packing packing = Packing.ofLengths(3);
        BondGraph bonds = BondGraph.of(types, new boolean[] {false, false, true}, packing, 1, List.of(new Bond(4, 3 * SLOTS)));
        assertTrue(bonds.isNear(ResidueConstants.CA, SLOTS + ResidueConstants.CA));
        assertTrue(bonds.isNear(ResidueConstants.O, SLOTS + ResidueConstants.CA));
        assertFalse(bonds.isNear(ResidueConstants.O, SLOTS + ResidueConstants.CB));
        assertFalse(bonds.isNear(ResidueConstants.CB, SLOTS + ResidueConstants.CA));
        assertFalse(bonds.isNear(SLOTS + ResidueConstants.C, 2 * SLOTS + ResidueConstants.N));
        assertTrue(bonds.isNear(ResidueConstants.C, 3 * SLOTS));
        assertFalse(bonds.isNear(SLOTS + ResidueConstants.N, 3 * SLOTS));
        assertTrue(bonds.isNear(SLOTS, SLOTS));
    }

    @Test
    void coincidentAtomsCostButDoNotBreakTheGradient() {
        RandomProtein protein = RandomProtein.of(random, 10, 4);
        ClashSystem system = crowded(protein, Packing.ofLengths(0), 5);
        Differentiation.Outcome outcome = Differentiation.F64.run(loss(ClashLoss.DEFAULT, system), List.of(new double[4 * SLOTS * 3]),
                List.of(new double[] {1}));
        assertTrue(outcome.results().getFirst()[0] > 1);
        assertArrayEquals(new double[4 * SLOTS * 3], outcome.gradients().getFirst(), 1e-300);
    }
}
