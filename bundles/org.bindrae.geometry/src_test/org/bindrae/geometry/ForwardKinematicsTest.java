package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import org.bindrae.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ForwardKinematicsTest {
    private final RandomGeometry random = RandomGeometry.seeded(11);

    private static Differentiation.Operation kinematics(int[] types) {
        return (tape, x) -> List.of(ForwardKinematics.atoms(tape, new Frames(x.get(0), x.get(1)), x.get(2), types));
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void atomsFromTrueTorsionsAgreeWithPublishedOnes(GoldenVectors golden) {
        List<double[]> inputs = List.of(golden.doubles("out.backbone_rot"), golden.doubles("out.backbone_trans"),
                golden.doubles("in.fk_torsions"));
        double[] atoms = Differentiation.F64.results(kinematics(golden.types()), inputs).getFirst();
        assertArrayEquals(golden.doubles("out.fk_atom14"), atoms, 1e-6);
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void atomsAndGradientsFromRandomTorsionsAgreeWithPublishedOnes(GoldenVectors golden) {
        List<double[]> inputs = List.of(golden.doubles("out.backbone_rot"), golden.doubles("out.backbone_trans"),
                golden.doubles("in.fk_random_torsions"));
        Differentiation.Outcome outcome = Differentiation.F64.run(kinematics(golden.types()), inputs,
                List.of(golden.doubles("grad.out.fk_random_atom14")));
        assertArrayEquals(golden.doubles("out.fk_random_atom14"), outcome.results().getFirst(), 1e-6);
        assertArrayEquals(golden.doubles("grad.in.fk_random_rot"), outcome.gradients().get(0), 1e-6);
        assertArrayEquals(golden.doubles("grad.in.fk_random_trans"), outcome.gradients().get(1), 1e-6);
        assertArrayEquals(golden.doubles("grad.in.fk_random_torsions"), outcome.gradients().get(2), 1e-6);
    }

    @Test
    void gradientsAgreeWithFiniteDifferences() {
        RandomProtein protein = RandomProtein.ofAllTypes(random, 10);
        Differentiation.F64.check(kinematics(protein.types()),
                List.of(protein.frames().rotations(), protein.frames().translations(), protein.torsions()), random);
    }

    @Test
    void atomsMoveWithTheFrames() {
        RandomProtein protein = RandomProtein.of(random, 30, 50);
        RigidFrame motion = random.motion(1000);
        BackboneFrames moved = RandomProtein.move(motion, protein.frames());
        double[] atoms = Differentiation.F64.results(kinematics(protein.types()),
                List.of(protein.frames().rotations(), protein.frames().translations(), protein.torsions())).getFirst();
        double[] movedAtoms = Differentiation.F64.results(kinematics(protein.types()),
                List.of(moved.rotations(), moved.translations(), protein.torsions())).getFirst();
        double[] expected = RandomGeometry.move(motion, atoms);
        boolean[] exists = protein.exists();
        for (int i = 0; i < expected.length; i++) {
            assertEquals(exists[i / 3] ? expected[i] : 0, movedAtoms[i], 1e-9);
        }
    }

    @Test
    void rebuiltProteinHasTheTorsionsItWasBuiltFrom() {
        GoldenVectors golden = GoldenVectors.of("6z4n");
        int[] types = golden.types();
        double[] torsions = golden.doubles("in.fk_random_torsions");
        double[] atoms = Differentiation.F64.results(kinematics(types),
                List.of(golden.doubles("out.backbone_rot"), golden.doubles("out.backbone_trans"), torsions)).getFirst();
        Torsions found = Torsions.of(types, atoms, golden.mask("out.atom14_atom_exists"), new boolean[types.length]);
        for (int i = 0; i < found.mask().length; i++) {
            int torsion = i % ResidueConstants.TORSIONS;
            // pre-ω and φ place no heavy atom
            if (found.mask()[i] && torsion >= 2) {
                double cos = found.sinCos()[2 * i] * torsions[2 * i] + found.sinCos()[2 * i + 1] * torsions[2 * i + 1];
                assertEquals(1, cos, 1e-12, "torsion " + i);
            }
        }
    }

    @Test
    void plainNumbersGiveTheSameAtoms() {
        RandomProtein protein = RandomProtein.of(random, 30, 50);
        List<double[]> inputs = List.of(protein.frames().rotations(), protein.frames().translations(), protein.torsions());
        assertArrayEquals(Differentiation.F64.results(kinematics(protein.types()), inputs).getFirst(),
                ForwardKinematics.atoms(protein.frames(), protein.torsions(), protein.types()));
    }

    @Test
    void singlePrecisionIsExactToRounding() {
        RandomProtein protein = RandomProtein.of(random, 30, 50);
        List<double[]> inputs = List.of(protein.frames().rotations(), protein.frames().translations(), protein.torsions());
        double[] exact = Differentiation.F64.results(kinematics(protein.types()), inputs).getFirst();
        Differentiation single = new Differentiation(new TestDevice(1), DType.F32);
        assertArrayEquals(exact, single.results(kinematics(protein.types()), inputs).getFirst(), 2e-5);
    }

    @Test
    void wrongSizesAreNamed() {
        RandomProtein protein = RandomProtein.of(random, 30, 5);
        List<double[]> inputs = List.of(protein.frames().rotations(), protein.frames().translations(), new double[7]);
        var error = assertThrows(IllegalArgumentException.class,
                () -> Differentiation.F64.results(kinematics(protein.types()), inputs));
        assertTrue(error.getMessage().startsWith("torsions must be [5, 14]"), error.getMessage());
    }
}
