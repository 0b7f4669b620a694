package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StericPotentialTest {
    private final StericPotential potential = new StericPotential(0.4, 0.8);

    private double at(double distance) {
        return potential.repulsion(potential.reach(3.4), distance * distance);
    }

    @Test
    void risesFromZeroWhereSpheresTouchWithinTheToleranceToOneAtTheCore() {
        assertEquals(0, at(3));
        assertEquals(0, at(9));
        assertEquals(0.5, at(2.7), 1e-12);
        assertEquals(1, at(2.4), 1e-12);
        assertEquals(1, at(1));
        assertEquals(1, at(0));
        assertTrue(at(2.9) > 0 && at(2.9) < at(2.8));
    }

    @Test
    void atomsWithATolerancePastTheirRadiiNeverRepel() {
        StericPotential none = new StericPotential(5, 0.8);
        assertEquals(0, none.repulsion(none.reach(3.4), 0));
    }

    @Test
    void aCoreThatIsNoFractionIsRefused() {
        for (double core : new double[] {-0.1, 1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> new StericPotential(0.4, core));
        }
        assertThrows(IllegalArgumentException.class, () -> new StericPotential(Double.NaN, 0.8));
    }
}
