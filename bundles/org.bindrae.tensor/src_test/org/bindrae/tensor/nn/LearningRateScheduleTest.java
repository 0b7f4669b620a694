package org.bindrae.tensor.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {
    private final LearningRateSchedule schedule = new LearningRateSchedule(2e-4, 100, 1100, 0.01);

    @Test
    void risesLinearlyThenFallsAsACosine() {
        assertEquals(2e-6, schedule.at(1), 1e-20);
        assertEquals(1e-4, schedule.at(50), 1e-18);
        assertEquals(2e-4, schedule.at(100), 1e-18);
        assertEquals((2e-4 + 2e-6) / 2, schedule.at(600), 1e-18);
        assertEquals(2e-4 * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI / 4))), schedule.at(350), 1e-18);
        assertEquals(2e-6, schedule.at(1100), 1e-20);
        assertEquals(2e-6, schedule.at(5000), 1e-20);
        for (long step = 101; step <= 1100; step++) {
            assertTrue(schedule.at(step) < schedule.at(step - 1));
        }
    }

    @Test
    void warmUpMayBeMissingOrAllThereIs() {
        assertTrue(new LearningRateSchedule(1, 0, 10, 0).at(1) < 1);
        assertEquals(0, new LearningRateSchedule(1, 0, 10, 0).at(10));
        assertEquals(1, new LearningRateSchedule(1, 10, 10, 0.5).at(10));
        assertEquals(0.5, new LearningRateSchedule(1, 10, 10, 0.5).at(11));
    }

    @Test
    void refusesSenselessNumbers() {
        assertThrows(IllegalArgumentException.class, () -> new LearningRateSchedule(Double.NaN, 0, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new LearningRateSchedule(1, 2, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new LearningRateSchedule(1, -1, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> schedule.at(0));
    }
}
