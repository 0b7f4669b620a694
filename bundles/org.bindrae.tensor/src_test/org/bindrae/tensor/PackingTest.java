package org.bindrae.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PackingTest {
    @Test
    void sequencesLieEndToEnd() {
        Packing packing = Packing.ofLengths(3, 0, 2);
        assertEquals(3, packing.count());
        assertEquals(5, packing.total());
        assertArrayEquals(new int[] {0, 3, 3, 5}, packing.offsets());
        assertEquals(0, packing.length(1));
        assertEquals(3, packing.start(2));
        assertEquals(5, packing.end(2));
        assertEquals(Packing.ofOffsets(0, 3, 3, 5), packing);
        assertEquals(0, Packing.ofLengths().total());
    }

    @Test
    void refusesOffsetsThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> Packing.ofOffsets());
        assertThrows(IllegalArgumentException.class, () -> Packing.ofOffsets(1, 2));
        assertThrows(IllegalArgumentException.class, () -> Packing.ofOffsets(0, 3, 2));
        assertThrows(IllegalArgumentException.class, () -> Packing.ofLengths(2, -1));
        assertThrows(ArithmeticException.class, () -> Packing.ofLengths(Integer.MAX_VALUE, 1));
    }
}
