package org.bindrae.training.packing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.bindrae.data.ComplexReader;
import org.bindrae.data.ComplexSource;
import org.bindrae.data.ElementClass;
import org.bindrae.data.HeteroAtoms;
import org.bindrae.data.LigandReader;
import org.bindrae.data.PreparationSettings;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BondGraph;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Packing;
import org.bindrae.training.evaluation.TestProtein;
import org.bindrae.training.packing.RotamerCandidates.Candidate;
import org.bindrae.training.prediction.Repacking;
import org.junit.jupiter.api.Test;

class SideChainPackingTest {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final SideChainPacking.Settings SETTINGS = SideChainPacking.Settings.defaults();
    private static final SideChainPacking PACKING = SideChainPacking.of(SETTINGS);

    /** Candidates at random angles for all residues but some. */
    private static RotamerCandidates random(SplittableRandom random, ResidueTable table, int most, double skipped) {
        List<List<Candidate>> candidates = new ArrayList<>();
        for (int type : table.types()) {
            int count = type == ResidueConstants.UNKNOWN || random.nextDouble() < skipped ? 0 : random.nextInt(1, most + 1);
            candidates.add(IntStream.range(0, count).mapToObj(c -> new Candidate(random.doubles(ResidueConstants.chiCount(type), -Math.PI, Math.PI).toArray(),
                    random.nextDouble(0.01, 1))).toList());
        }
        return new RotamerCandidates(candidates);
    }

    private static double[] atoms(Sample sample, RotamerCandidates candidates, int[] choice) {
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * choice.length];
        new PackedSideChains(choice, candidates, 0, 0, null, null).store(torsions);
        boolean[] built = new boolean[choice.length];
        IntStream.range(0, choice.length).forEach(i -> built[i] = choice[i] >= 0);
        return Repacking.atoms(sample.residues(), torsions, built);
    }

    /** Repulsion of all pairs of atoms of which one moves at least, on finished atoms and without any shortcut. */
    private static double repulsion(Sample sample, RotamerCandidates candidates, int[] choice) {
        ResidueTable table = sample.residues();
        double[] atoms = atoms(sample, candidates, choice);
        double[] radii = ClashSystem.radii(table.types());
        BondGraph bonds = BondGraph.of(table.types(), table.breakBefore(), Packing.ofLengths(table.size()), 0, List.of());
        double sum = 0;
        for (int a = 0; a < radii.length; a++) {
            boolean moves = choice[a / SLOTS] >= 0 && a % SLOTS > ResidueConstants.CB && ResidueConstants.exists(table.types()[a / SLOTS], a % SLOTS);
            if (!moves) {
                continue;
            }
            for (int b = 0; b < radii.length; b++) {
                boolean built = choice[b / SLOTS] >= 0 && b % SLOTS >= ResidueConstants.CB;
                boolean there = built ? ResidueConstants.exists(table.types()[b / SLOTS], b % SLOTS) : table.present()[b];
                boolean once = b < a || !built || b % SLOTS == ResidueConstants.CB;
                if (there && once && !bonds.isNear(a, b)) {
                    sum += repulsion(radii[a] + radii[b], Vec3.at(atoms, a), Vec3.at(atoms, b));
                }
            }
            for (var atom : sample.ligand().atoms()) {
                sum += repulsion(radii[a] + ResidueConstants.vanDerWaalsRadius(atom.element()), Vec3.at(atoms, a), atom.position());
            }
        }
        return sum;
    }

    private static double repulsion(double radii, Vec3 a, Vec3 b) {
        double reach = SETTINGS.potential().reach(radii);
        return Math.clamp((1 - a.distance(b) / reach) / (1 - SETTINGS.potential().core()), 0, 1);
    }

    private static double total(Sample sample, RotamerCandidates candidates, int[] choice) {
        double total = SETTINGS.weight() * repulsion(sample, candidates, choice);
        for (int i = 0; i < choice.length; i++) {
            total += choice[i] < 0 ? 0 : candidates.ofResidues().get(i).get(choice[i]).score();
        }
        return total;
    }

    private static Sample crowded(String... codes) {
        TestProtein protein = TestProtein.uneven(codes);
        double[] far = new double[codes.length];
        return protein.sample("crowded", new Vec3(5.5, 1, 6), far, far);
    }

    @Test
    void energiesAreThoseOfTheFinishedAtoms() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 20; trial++) {
            Sample sample = crowded("LYS", "TRP", "ALA", "ARG", "UNK", "PRO", "GLY", "PHE", "MET", "ILE", "GLN", "ARG");
            RotamerCandidates candidates = random(random, sample.residues(), 6, 0.2);
            PackedSideChains packed = PACKING.pack(sample, candidates);
            int[] first = Arrays.stream(packed.choice()).map(choice -> Math.min(choice, 0)).toArray();
            assertEquals(total(sample, candidates, packed.choice()), packed.after().total(), 1e-9);
            assertEquals(total(sample, candidates, first), packed.before().total(), 1e-9);
            assertEquals(repulsion(sample, candidates, packed.choice()), packed.after().repulsion(), 1e-9);
            assertTrue(packed.before().repulsion() > 1, "nothing collides");
            assertEquals(packed.changed(), Arrays.stream(packed.choice()).filter(choice -> choice > 0).count());
        }
    }

    @Test
    void noOtherChoiceHasLessEnergy() {
        SplittableRandom random = new SplittableRandom(2);
        for (int trial = 0; trial < 10; trial++) {
            Sample sample = crowded("PHE", "LEU", "TRP", "ARG", "MET");
            RotamerCandidates candidates = random(random, sample.residues(), 3, 0);
            PackedSideChains packed = PACKING.pack(sample, candidates);
            int[] choice = new int[5];
            for (int i = 0; i < choice.length;) {
                assertTrue(total(sample, candidates, choice) >= packed.after().total() - 1e-9, Arrays.toString(choice));
                for (i = 0; i < choice.length && ++choice[i] == candidates.ofResidues().get(i).size(); i++) {
                    choice[i] = 0;
                }
            }
            assertEquals(5, packed.proven());
        }
    }

    @Test
    void neitherTheFrameOfTheFileNorTheOrderOfChainsMatters() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 10; trial++) {
            Sample sample = crowded("LYS", "TRP", "ALA", "ARG", "PRO", "PHE", "MET", "ILE", "GLN", "ARG");
            sample.residues().breakBefore()[4] = true;
            RotamerCandidates candidates = random(random, sample.residues(), 6, 0);
            PackedSideChains packed = PACKING.pack(sample, candidates);
            RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(trial, 2 - trial, 0.5), new Vec3(100 * trial, -300, 7));
            assertArrayEquals(packed.choice(), PACKING.pack(TestProtein.moved(sample, motion), candidates).choice());
            Sample reversed = reversed(sample, 4);
            int[] order = order(10, 4);
            RotamerCandidates moved = new RotamerCandidates(Arrays.stream(order).mapToObj(candidates.ofResidues()::get).toList());
            PackedSideChains again = PACKING.pack(reversed, moved);
            assertArrayEquals(Arrays.stream(order).map(i -> packed.choice()[i]).toArray(), again.choice());
        }
    }

    private static int[] order(int residues, int cut) {
        return IntStream.range(0, residues).map(i -> (i + cut) % residues).toArray();
    }

    /** The chain that starts at a residue first. */
    private static Sample reversed(Sample sample, int cut) {
        ResidueTable table = sample.residues();
        int[] order = order(table.size(), cut);
        double[] atoms = new double[table.atom14().length];
        boolean[] present = new boolean[table.present().length];
        for (int i = 0; i < order.length; i++) {
            System.arraycopy(table.atom14(), 3 * SLOTS * order[i], atoms, 3 * SLOTS * i, 3 * SLOTS);
            System.arraycopy(table.present(), SLOTS * order[i], present, SLOTS * i, SLOTS);
        }
        boolean[] breaks = new boolean[order.length];
        IntStream.range(0, order.length).forEach(i -> breaks[i] = table.breakBefore()[order[i]]);
        ResidueTable other = new ResidueTable(Arrays.stream(order).mapToObj(table.ids()::get).toList(),
                Arrays.stream(order).mapToObj(table.names()::get).toList(),
                Arrays.stream(order).map(i -> table.types()[i]).toArray(), atoms, present, breaks);
        return new Sample(sample.id(), other, sample.ligand(), sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), List.of(), "");
    }

    @Test
    void givenSideChainsOfResiduesWithCandidatesDoNotMatter() {
        SplittableRandom random = new SplittableRandom(4);
        Sample sample = crowded("LYS", "TRP", "ALA", "ARG", "PRO", "PHE", "MET", "ILE", "GLN", "ARG");
        RotamerCandidates candidates = random(random, sample.residues(), 6, 0);
        int[] choice = PACKING.pack(sample, candidates).choice();
        for (int atom = 0; atom < sample.residues().present().length; atom++) {
            if (atom % SLOTS >= ResidueConstants.CB) {
                sample.residues().present()[atom] = random.nextBoolean();
                sample.residues().atom14()[3 * atom] += random.nextDouble(-3, 3);
            }
        }
        assertArrayEquals(choice, PACKING.pack(sample, candidates).choice());
    }

    @Test
    void sulfursOfADisulfideBondDoNotRepel() {
        double reach = SETTINGS.potential().reach(2 * ResidueConstants.vanDerWaalsRadius("S"));
        // two cysteines on the same frame, moved apart so that the sulfurs are bonded, then so that they are too near for one
        for (double gap : new double[] {2.05, 2.6}) {
            TestProtein protein = new TestProtein("CYS", "CYS");
            Vec3 sulfur = Vec3.at(protein.atoms(), ResidueConstants.slot(ResidueConstants.typeOfCode("CYS"), "SG"));
            ResidueTable table = protein.table();
            // the second residue is the first one turned by half a turn about an axis through the middle of the bond
            Vec3 outward = sulfur.minus(Vec3.at(protein.atoms(), ResidueConstants.CA)).unit();
            Vec3 middle = sulfur.plus(outward.times(gap / 2));
            Vec3 across = outward.cross(new Vec3(0.3, 0.5, 1)).unit();
            RigidFrame turn = RigidFrame.ofAxisAngle(across.times(Math.PI), Vec3.ZERO);
            for (int slot = 0; slot < 6; slot++) {
                turn.rotate(Vec3.at(table.atom14(), slot).minus(middle)).plus(middle).store(table.atom14(), SLOTS + slot);
            }
            table.breakBefore()[1] = true;
            Sample sample = protein.sample("pair");
            Sample pair = new Sample("pair", table, sample.ligand(), sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), List.of(), "");
            Candidate same = new Candidate(new double[] {Math.toRadians(-60)}, 1);
            PackedSideChains packed = PACKING.pack(pair, new RotamerCandidates(List.of(List.of(same), List.of(same))));
            double sulfurs = SETTINGS.potential().repulsion(reach, gap * gap);
            assertTrue(sulfurs > 0.5);
            assertEquals(repulsion(pair, packed.candidates(), packed.choice()) - (gap < 2.5 ? sulfurs : 0), packed.after().repulsion(), 1e-9);
        }
    }

    @Test
    void aLigandIsAvoided() {
        TestProtein protein = new TestProtein("SER");
        Vec3 oxygen = Vec3.at(protein.atoms(), ResidueConstants.slot(ResidueConstants.typeOfCode("SER"), "OG"));
        Vec3 beyond = oxygen.plus(oxygen.minus(Vec3.at(protein.atoms(), ResidueConstants.CB)));
        Sample sample = protein.sample("blocked", beyond, new double[1], new double[1]);
        RotamerCandidates candidates = new RotamerCandidates(List.of(List.of(new Candidate(new double[] {Math.toRadians(-60)}, 0.8),
                new Candidate(new double[] {Math.toRadians(60)}, 0.2))));
        assertEquals(0, PACKING.pack(protein.sample("free"), candidates).choice()[0]);
        PackedSideChains packed = PACKING.pack(sample, candidates);
        assertEquals(1, packed.choice()[0]);
        assertEquals(1, packed.changed());
        assertTrue(packed.after().total() < packed.before().total());
    }

    @Test
    void metalsAreBoundByNitrogenOxygenAndSulfurAndSurroundingsAreAvoidedOtherwise() {
        TestProtein protein = new TestProtein("SER");
        double[] atoms = protein.atoms();
        Vec3 oxygen = Vec3.at(atoms, ResidueConstants.slot(ResidueConstants.typeOfCode("SER"), "OG"));
        Vec3 place = oxygen.plus(oxygen.minus(Vec3.at(atoms, ResidueConstants.CB)).unit().times(2.1));
        Candidate candidate = new Candidate(new double[] {Math.toRadians(-60)}, 1);
        double free = PACKING.pack(protein.sample("free"), new RotamerCandidates(List.of(List.of(candidate)))).after().repulsion();
        for (ElementClass element : List.of(ElementClass.METAL, ElementClass.CL)) {
            HeteroAtoms ion = new HeteroAtoms(new double[] {place.x(), place.y(), place.z()}, new int[] {element.ordinal()});
            Sample bare = protein.sample("ion");
            Sample sample = new Sample("ion", bare.residues(), bare.ligand(), bare.tokens(), ion, bare.ligandDistance(), bare.pocketWeight(), List.of(), "");
            double repulsion = PACKING.pack(sample, new RotamerCandidates(List.of(List.of(candidate)))).after().repulsion();
            assertEquals(element == ElementClass.METAL ? free : free + 1, repulsion, 1e-9);
        }
    }

    @Test
    void candidatesOfAnotherSampleAreRefused() {
        Sample sample = crowded("SER", "UNK", "LEU");
        Candidate one = new Candidate(new double[] {1}, 1);
        for (List<List<Candidate>> wrong : List.of(List.of(List.of(one), List.<Candidate>of()), List.of(List.of(one), List.of(one), List.<Candidate>of()),
                List.of(List.of(one), List.<Candidate>of(), List.of(one)))) {
            assertThrows(IllegalArgumentException.class, () -> PACKING.pack(sample, new RotamerCandidates(wrong)));
        }
        Sample alone = new TestProtein("SER").sample("alone");
        RotamerCandidates right = new RotamerCandidates(List.of(List.of(one)));
        PACKING.pack(alone, right);
        alone.residues().present()[ResidueConstants.N] = false;
        assertThrows(IllegalArgumentException.class, () -> PACKING.pack(alone, right));
    }

    @Test
    void realProteinsArePackedFromRandomStaggeredAngles() throws IOException {
        Path samples = Path.of("../org.bindrae.samples/samples");
        assumeTrue(Files.isDirectory(samples), "the build fetches the samples");
        List<Path> files;
        try (Stream<Path> list = Files.list(samples)) {
            files = list.filter(file -> file.toString().endsWith(".pdb") && file.toFile().length() < 400_000).sorted().toList();
        }
        assumeTrue(!files.isEmpty());
        SplittableRandom random = new SplittableRandom(5);
        ComplexReader reader = new ComplexReader(PreparationSettings.defaults());
        for (Path file : files) {
            Sample sample = reader.read(ComplexSource.of(file, LigandReader.AUTO));
            boolean[] possible = Repacking.possible(sample.residues());
            List<List<Candidate>> candidates = new ArrayList<>();
            for (int i = 0; i < possible.length; i++) {
                int chis = possible[i] ? ResidueConstants.chiCount(sample.residues().types()[i]) : 0;
                candidates.add(IntStream.range(0, possible[i] ? chis == 0 ? 1 : 9 : 0).mapToObj(c -> new Candidate(
                        IntStream.range(0, chis).mapToDouble(chi -> Math.toRadians(120 * random.nextInt(3) - 60)).toArray(), random.nextDouble(0.1, 1)))
                        .toList());
            }
            PackedSideChains packed = PACKING.pack(sample, new RotamerCandidates(candidates));
            assertTrue(packed.after().repulsion() < 0.6 * packed.before().repulsion(), file + ": " + packed.before() + ", " + packed.after());
            assertTrue(packed.proven() >= 0.5 * packed.packed(), file + ": " + packed.proven() + " of " + packed.packed() + " are proven");
        }
    }
}
