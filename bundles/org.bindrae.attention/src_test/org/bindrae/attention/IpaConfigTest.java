package org.bindrae.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpaConfigTest {
    private static IpaConfig seed(int cZ, int rank) {
        return new IpaConfig(384, cZ, 128, 8, 8, 12, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    @Test
    void publishedSizesHaveThePublishedNumberOfParametersWhateverTheRank() {
        try (CpuDevice device = new CpuDevice(1, true)) {
            for (int rank : new int[] {0, 2, 16}) {
                try (Parameters parameters = new Parameters(device, DType.F32, 0)) {
                    new IpaLayer(parameters, seed(128, rank));
                    assertEquals(2_085_968, parameters.count());
                }
            }
        }
    }

    @Test
    void blocksOfTheResultFollowEachOther() {
        IpaConfig config = seed(128, 2);
        assertEquals(1024, config.pointColumn(0, 0));
        assertEquals(1024 + 96 + 12, config.pointColumn(1, 1));
        assertEquals(1024 + 3 * 96, config.normColumn(0));
        assertEquals(1024 + 4 * 96, config.collectedColumn(0));
        assertEquals(1664, config.resultWidth());
        assertEquals(1024 + 4 * 96, seed(0, 0).resultWidth());
    }

    @ParameterizedTest
    @CsvSource({"0, 0, None", "128, 0, Full", "128, 3, Factors"})
    void pairFormFollowsFromTheSizes(int cZ, int rank, String form) {
        assertEquals(form, seed(cZ, rank).pairForm().getSimpleName());
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "3, 1", "-1, 0", "128, -1"})
    void impossibleSizesAreRefused(int cZ, int rank) {
        assertThrows(IllegalArgumentException.class, () -> seed(cZ, rank));
    }

    @Test
    void headWeightOfANewLayerMeansOne() {
        IpaConfig config = seed(128, 2);
        assertEquals(Math.sqrt(1.0 / (3 * 8 * 4.5)), config.pointWeight(0.541324854612918), 1e-12);
        double slope = (config.pointWeight(0.3 + 1e-6) - config.pointWeight(0.3 - 1e-6)) / 2e-6;
        assertEquals(slope, config.pointWeightSlope(0.3), 1e-9);
    }
}
