package org.bindrae.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void isSeenAsAMatrixOfItsLastDimension() {
        Shape shape = Shape.of(2, 3, 4);
        assertEquals(24, shape.size());
        assertEquals(6, shape.rows());
        assertEquals(4, shape.columns());
        assertEquals(3, shape.dim(-2));
        assertEquals(Shape.of(2, 3, 9), shape.withColumns(9));
        assertEquals("[2×3×4]", shape.toString());
    }

    @Test
    void scalarsAndEmptyShapesHaveSizes() {
        assertEquals(1, Shape.of().size());
        assertEquals(1, Shape.of().rows());
        assertEquals(1, Shape.of().columns());
        assertEquals(0, Shape.of(0, 5).rows());
        assertEquals(3, Shape.of(3, 0).rows());
        assertEquals(0, Shape.of(3, 0).columns());
    }

    @Test
    void refusesWhatIsNoSize() {
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
        assertThrows(ArithmeticException.class, () -> Shape.of(1 << 30, 1 << 30, 1 << 30));
    }

    @Test
    void laterChangesOfTheArrayDoNotMatter() {
        int[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 7;
        shape.toArray()[1] = 8;
        assertEquals(Shape.of(2, 3), shape);
        assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    }
}
