package org.bindrae.edge.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.junit.jupiter.api.Test;

class DistanceChannelsTest {
    private static double[] channels(DistanceChannels channels, int count, double distance) {
        double[] values = new double[count + 2];
        channels.write(distance, DType.F64, MemorySegment.ofArray(values), 1);
        assertEquals(0, values[0]);
        assertEquals(0, values[count + 1]);
        return java.util.Arrays.copyOfRange(values, 1, count + 1);
    }

    @Test
    void distanceLiesInTheBinOfItsLowerEdge() {
        // edges at 0.001, 5.00075, 10.0005, 15.00025 and 20
        DistanceChannels distogram = new DistanceChannels.Distogram(5);
        assertArrayEquals(new double[] {1, 0, 0, 0, 0}, channels(distogram, 5, 5));
        assertArrayEquals(new double[] {0, 1, 0, 0, 0}, channels(distogram, 5, 5.001));
        assertArrayEquals(new double[] {0, 0, 0, 1, 0}, channels(distogram, 5, 19.999));
        assertArrayEquals(new double[] {0, 0, 0, 0, 1}, channels(distogram, 5, 1e6));
        assertArrayEquals(new double[5], channels(distogram, 5, 0));
        assertArrayEquals(new double[5], channels(distogram, 5, 1e-3));
    }

    @Test
    void gaussianIsOneAtItsCentreAndFallsOffWithItsWidth() {
        DistanceChannels gaussians = new DistanceChannels.Gaussians(16);
        double width = 20.0 / 16;
        for (int kernel = 0; kernel < 16; kernel++) {
            double centre = 20.0 * kernel / 15;
            assertEquals(1, channels(gaussians, 16, centre)[kernel], 1e-12);
            assertEquals(Math.exp(-1), channels(gaussians, 16, centre + width)[kernel], 1e-12);
        }
    }
}
