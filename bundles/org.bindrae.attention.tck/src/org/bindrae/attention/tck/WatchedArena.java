package org.bindrae.attention.tck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Memory that holds NaN until it is written, with guards between all tensors, of which {@link #damaged} tells. */
final class WatchedArena implements TensorArena {
    private static final Shape GUARD = Shape.of(16);
    private static final double INTACT = 0x1.5p7;

    private final TensorArena arena;
    private final List<Tensor> guards = new ArrayList<>();

    /** Closes {@code arena} with itself. */
    WatchedArena(TensorArena arena) {
        this.arena = arena;
        guard();
    }

    private void guard() {
        double[] values = new double[(int) GUARD.size()];
        Arrays.fill(values, INTACT);
        guards.add(arena.allocate(DType.F64, GUARD).set(values));
    }

    @Override
    public Device device() {
        return arena.device();
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        double[] undefined = new double[Math.toIntExact(shape.size())];
        Arrays.fill(undefined, dtype.isFloating() ? Double.NaN : Integer.MIN_VALUE);
        Tensor tensor = arena.allocate(dtype, shape).set(undefined);
        guard();
        return tensor;
    }

    /** How many guards somebody has written to. */
    long damaged() {
        return guards.stream().filter(guard -> Arrays.stream(guard.toDoubles()).anyMatch(value -> value != INTACT)).count();
    }

    @Override
    public void reset() {
        guards.clear();
        arena.reset();
        guard();
    }

    @Override
    public long used() {
        return arena.used();
    }

    @Override
    public long peak() {
        return arena.peak();
    }

    @Override
    public void close() {
        arena.close();
    }
}
