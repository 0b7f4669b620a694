package org.bindrae.esm.encoder;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.StoredArray;

/** Weights without meaning, to measure with: normal numbers that repeat, in the size of a model before its training. */
public final class RandomWeights implements EsmWeights {
    private static final int PERIOD = 1 << 14;
    private static final double DEVIATION = 0.02;

    private final EsmConfig config;
    private final Map<String, Shape> shapes;
    private final MemorySegment numbers = MemorySegment.ofArray(new float[PERIOD]);

    public RandomWeights(EsmConfig config, long seed) {
        this.config = config;
        this.shapes = ParameterNames.all(config);
        for (int i = 0; i < PERIOD; i++) {
            numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (DEVIATION * Philox.normal(seed, 0, i)));
        }
    }

    @Override
    public EsmConfig config() {
        return config;
    }

    @Override
    public StoredArray array(String name) {
        Shape shape = shapes.get(name);
        MemorySegment data = Arena.ofAuto().allocate(shape.size() * Float.BYTES, 64);
        for (long at = 0; at < data.byteSize(); at += numbers.byteSize()) {
            MemorySegment.copy(numbers, 0, data, at, Math.min(numbers.byteSize(), data.byteSize() - at));
        }
        return new StoredArray(ElementType.F32, shape, data);
    }
}
