package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.bindrae.training.prediction.Prediction;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    @Test
    void statedConfidenceIsComparedWithTheFrequencyOfTheRightWell() {
        TestProtein truth = new TestProtein("SER", "SER", "SER", "SER", "SER");
        TestProtein guess = new TestProtein("SER", "SER", "SER", "SER", "SER").chi(1, 60);
        Prediction prediction = guess.predictionOf(truth.sample("x"));
        System.arraycopy(new double[] {0.91, 0.95, 0.3, 1, Double.NaN}, 0, prediction.confidence(), 0, 5);
        Calibration calibration = Metrics.of(List.of(prediction)).calibration();
        Calibration.Bin top = calibration.bins().get(9);
        assertEquals(3, top.count());
        assertEquals(2 / 3.0, top.right(), 1e-12);
        assertEquals((0.91 + 0.95 + 1) / 3, top.confidence(), 1e-12);
        assertEquals(1, calibration.bins().get(3).count());
        assertEquals(4, calibration.count());
        assertEquals((3 * ((0.91 + 0.95 + 1) / 3 - 2 / 3.0) + (1 - 0.3)) / 4, calibration.error(), 1e-12);
    }

    @Test
    void withoutConfidenceThereIsNoCalibration() {
        TestProtein protein = new TestProtein("SER");
        Prediction prediction = protein.predictionOf(protein.sample("x"));
        Arrays.fill(prediction.confidence(), Double.NaN);
        Calibration calibration = Metrics.of(List.of(prediction)).calibration();
        assertEquals(0, calibration.count());
        assertTrue(Double.isNaN(calibration.error()));
    }
}
