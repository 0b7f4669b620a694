package org.bindrae.tensor.cpu;

import org.bindrae.tensor.DType;

/** All inner loops for one element type. */
record Loops(ElementLoops elements, FunctionLoops functions, RowLoops rows) {
    /** Plain Java; sums and functions in double precision. */
    static Loops scalar(DType type) {
        return new Loops(new ScalarElements(type), new ScalarFunctions(type), new ScalarRows(type));
    }

    /** Floats with the Vector API; a {@link LinkageError} where the module jdk.incubator.vector is not there. */
    static Loops vector() {
        var elements = new VectorElements();
        return new Loops(elements, new VectorFunctions(new ScalarFunctions(DType.F32)), new VectorRows(elements));
    }
}
