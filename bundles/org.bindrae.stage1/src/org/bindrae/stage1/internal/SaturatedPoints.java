package org.bindrae.stage1.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Local coordinates as inputs of a network: y = x / (4 Å · √(1 + |x|² / (10 Å)²)). Near the residue, where contacts are made, a unit is 4 Å; far away only the
 * direction is left, with a length of 2.5, however large the protein is.
 */
final class SaturatedPoints {
    private static final double UNIT = 4;
    private static final double RADIUS = 10;
    private static final int GRAIN = 4096;

    private SaturatedPoints() {
    }

    /** Points [P, 3] in Å to [P, 3]. */
    static Tensor of(Tape tape, Tensor points) {
        HostDevice host = HostDevice.of(points);
        DType type = points.dtype();
        Tensor result = tape.output(type, points.shape(), points);
        MemorySegment x = points.memory();
        MemorySegment y = result.memory();
        host.parallel(points.rows(), GRAIN, (from, to) -> {
            for (long at = 3L * from; at < 3L * to; at += 3) {
                double factor = damping(type, x, at) / UNIT;
                for (int axis = 0; axis < 3; axis++) {
                    type.set(y, at + axis, factor * type.get(x, at + axis));
                }
            }
        });
        if (result.requiresGradient()) {
            tape.record(() -> {
                MemorySegment dy = tape.gradient(result).memory();
                MemorySegment dx = tape.gradient(points).memory();
                host.parallel(points.rows(), GRAIN, (from, to) -> {
                    for (long at = 3L * from; at < 3L * to; at += 3) {
                        double damping = damping(type, x, at);
                        double radial = 0;
                        for (int axis = 0; axis < 3; axis++) {
                            radial += type.get(x, at + axis) * type.get(dy, at + axis);
                        }
                        radial *= damping * damping / (RADIUS * RADIUS);
                        for (int axis = 0; axis < 3; axis++) {
                            double gradient = damping / UNIT * (type.get(dy, at + axis) - radial * type.get(x, at + axis));
                            type.set(dx, at + axis, type.get(dx, at + axis) + gradient);
                        }
                    }
                });
            });
        }
        return result;
    }

    /** 1 / √(1 + |x|² / R²). */
    private static double damping(DType type, MemorySegment x, long at) {
        return 1 / Math.sqrt(1 + squaredNorm(type, x, at) / (RADIUS * RADIUS));
    }

    /** |x|² of the point whose first coordinate is element {@code at}. */
    static double squaredNorm(DType type, MemorySegment x, long at) {
        double a = type.get(x, at);
        double b = type.get(x, at + 1);
        double c = type.get(x, at + 2);
        return a * a + b * b + c * c;
    }
}
