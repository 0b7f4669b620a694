package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Batch;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class ModelInputTest {
    @Test
    void framesLieOnTheBackbone() {
        Batch batch = Batch.of(List.of(RandomComplexes.sample("a", 10, 3, 1), RandomComplexes.sample("b", 7, 0, 2)));
        ModelInput input = ModelInput.of(batch, new float[17]);
        for (int i = 0; i < 17; i++) {
            Vec3 ca = Vec3.at(batch.atom14(), i * ResidueConstants.SLOTS + ResidueConstants.CA);
            Vec3 c = Vec3.at(batch.atom14(), i * ResidueConstants.SLOTS + ResidueConstants.C);
            assertEquals(0, ca.distance(input.frames().frame(i).origin()), 1e-12);
            assertEquals(0, c.minus(ca).unit().distance(input.frames().frame(i).ex()), 1e-12);
        }
    }

    @Test
    void chainsAndNumbersAreThoseOfTheStructure() {
        ModelInput input = ModelInput.of(Batch.of(List.of(RandomComplexes.sample("a", 4, 0, 1), RandomComplexes.sample("b", 2, 0, 2))), new float[6]);
        assertArrayEquals(new int[] {0, 0, 1, 1, 0, 1}, input.chains());
        assertArrayEquals(new int[] {7, 8, 2, 3, 7, 1}, input.residueNumbers());
    }

    @Test
    void substituteFramesNeverComeFromAnotherSample() {
        Sample first = RandomComplexes.sample("a", 3, 0, 1);
        Sample second = RandomComplexes.sample("b", 3, 0, 2);
        // the nearest residue along the batch would be the last of the first sample
        Arrays.fill(second.residues().present(), 0, ResidueConstants.SLOTS, false);
        ModelInput input = ModelInput.of(Batch.of(List.of(first, second)), new float[6]);
        assertEquals(input.frames().frame(4).ex(), input.frames().frame(3).ex());
        assertEquals(false, input.frames().mask()[3]);
    }

    @Test
    void sideChainCentresAreWhereSideChainsUsuallyAre() {
        int[] types = {type('A'), type('G'), type('L'), type('W'), type('R'), ResidueConstants.UNKNOWN};
        BackboneFrames frames = new BackboneFrames(new double[9 * types.length], new double[3 * types.length], new boolean[types.length]);
        for (int i = 0; i < types.length; i++) {
            RigidFrame.IDENTITY.store(frames.rotations(), frames.translations(), i);
        }
        double[] centres = input(types, frames).sideChainCentres();
        Vec3 alanine = Vec3.at(centres, 0);
        assertEquals(0, alanine.distance(ResidueConstants.idealPosition(type('A'), ResidueConstants.CB)), 1e-12);
        assertEquals(0, Vec3.at(centres, 1).norm());
        assertEquals(alanine, Vec3.at(centres, 5));
        double[] distances = {Vec3.at(centres, 2).norm(), Vec3.at(centres, 3).norm(), Vec3.at(centres, 4).norm()};
        // beyond CB at 1.5 Å, but not as far as one stretched conformation
        for (double distance : distances) {
            assertTrue(distance > 1.8 && distance < 3.2, "at " + distance);
        }
        for (int i : new int[] {2, 3, 4}) {
            assertTrue(Vec3.at(centres, i).unit().dot(alanine.unit()) > 0.7);
        }
    }

    @Test
    void anotherBackboneCarriesItsSideChainCentres() {
        ModelInput input = ModelInput.of(Batch.of(List.of(RandomComplexes.sample("a", 5, 2, 1))), new float[5]);
        RigidFrame motion = RandomComplexes.motion(7, 1);
        BackboneFrames moved = new BackboneFrames(new double[45], new double[15], input.frames().mask());
        for (int i = 0; i < 5; i++) {
            motion.compose(input.frames().frame(i)).store(moved.rotations(), moved.translations(), i);
        }
        ModelInput other = input.withFrames(moved);
        assertArrayEquals(RandomComplexes.moved(input.sideChainCentres(), motion), other.sideChainCentres(), 1e-12);
        assertArrayEquals(input.tokenPositions(), other.tokenPositions());
    }

    @Test
    void embeddingsOfOtherResiduesAreRefused() {
        Batch batch = Batch.of(List.of(RandomComplexes.sample("a", 5, 2, 1)));
        assertEquals("11 numbers are no embeddings of 5 residues", assertThrows(IllegalArgumentException.class,
                () -> ModelInput.of(batch, new float[11])).getMessage());
    }

    private static ModelInput input(int[] types, BackboneFrames frames) {
        ModelInput some = ModelInput.of(Batch.of(List.of(RandomComplexes.sample("a", types.length, 0, 1))), new float[types.length]);
        return new ModelInput(some.residues(), types, some.frames(), some.sideChainCentres(), some.residueNumbers(), some.chains(), some.embeddings(),
                some.tokens(), some.tokenPositions(), some.tokenFeatures(), some.local()).withFrames(frames);
    }

    private static int type(char letter) {
        return ResidueConstants.typeOfLetter(letter);
    }
}
