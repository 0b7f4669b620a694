package org.bindrae.geometry;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Finds the points near a place without looking at all of them: points are sorted into cubic cells. Points that are not finite have no
 * neighbours. Visits in an order that depends on the points only. Immutable; any number of threads may search.
 */
public final class CellGrid {
    private static final double CELLS_PER_POINT = 4;
    private static final int SPARE_CELLS = 64;

    private final double[] points;
    private final double edge;
    private final Vec3 low;
    private final int nx;
    private final int ny;
    private final int nz;
    private final int[] starts;
    private final int[] sorted;

    /** Receives a point found. */
    @FunctionalInterface
    @ConsumerType
    public interface Visitor {
        void visit(int index, double squaredDistance);
    }

    /**
     * Sorts points {@code from} (inclusive) to {@code to} (exclusive) of packed coordinates. The array is not copied and must not change.
     *
     * @param edge wished edge of a cell, Å, about the search radius; larger cells are taken when the points lie far apart
     */
    public CellGrid(double[] points, int from, int to, double edge) {
        this.points = points;
        double[] bounds = bounds(points, from, to);
        low = new Vec3(bounds[0], bounds[1], bounds[2]);
        double wished = Math.max(edge, 1e-6);
        double limit = CELLS_PER_POINT * (to - from) + SPARE_CELLS;
        while (cells(bounds[3] - bounds[0], wished) * cells(bounds[4] - bounds[1], wished) * cells(bounds[5] - bounds[2], wished) > limit) {
            wished *= 1.25;
        }
        this.edge = wished;
        nx = (int) cells(bounds[3] - bounds[0], wished);
        ny = (int) cells(bounds[4] - bounds[1], wished);
        nz = (int) cells(bounds[5] - bounds[2], wished);
        starts = new int[nx * ny * nz + 1];
        for (int i = from; i < to; i++) {
            if (isFinite(i)) {
                starts[cellOf(i) + 1]++;
            }
        }
        for (int cell = 0; cell < nx * ny * nz; cell++) {
            starts[cell + 1] += starts[cell];
        }
        sorted = new int[starts[nx * ny * nz]];
        int[] next = starts.clone();
        for (int i = from; i < to; i++) {
            if (isFinite(i)) {
                sorted[next[cellOf(i)]++] = i;
            }
        }
    }

    /** Points in the grid. */
    public int size() {
        return sorted.length;
    }

    /** Visits all points at a distance of at most {@code radius} (Å) from (x, y, z), a point there included. */
    public void forEachWithin(double x, double y, double z, double radius, Visitor visitor) {
        if (!Double.isFinite(x + y + z)) {
            return;
        }
        double limit = radius * radius;
        int x0 = clamp(x - radius - low.x(), nx);
        int x1 = clamp(x + radius - low.x(), nx);
        int y0 = clamp(y - radius - low.y(), ny);
        int y1 = clamp(y + radius - low.y(), ny);
        int z0 = clamp(z - radius - low.z(), nz);
        int z1 = clamp(z + radius - low.z(), nz);
        for (int cx = x0; cx <= x1; cx++) {
            for (int cy = y0; cy <= y1; cy++) {
                int row = (cx * ny + cy) * nz;
                for (int k = starts[row + z0]; k < starts[row + z1 + 1]; k++) {
                    int i = sorted[k];
                    double dx = points[3 * i] - x;
                    double dy = points[3 * i + 1] - y;
                    double dz = points[3 * i + 2] - z;
                    double squared = dx * dx + dy * dy + dz * dz;
                    if (squared <= limit) {
                        visitor.visit(i, squared);
                    }
                }
            }
        }
    }

    private boolean isFinite(int i) {
        return isFinite(points, i);
    }

    private static boolean isFinite(double[] points, int i) {
        return Double.isFinite(points[3 * i]) && Double.isFinite(points[3 * i + 1]) && Double.isFinite(points[3 * i + 2]);
    }

    private int cellOf(int i) {
        int cx = clamp(points[3 * i] - low.x(), nx);
        int cy = clamp(points[3 * i + 1] - low.y(), ny);
        return (cx * ny + cy) * nz + clamp(points[3 * i + 2] - low.z(), nz);
    }

    private int clamp(double offset, int cells) {
        return (int) Math.max(0, Math.min(cells - 1, Math.floor(offset / edge)));
    }

    private static double cells(double extent, double edge) {
        return Math.floor(extent / edge) + 1;
    }

    /** Smallest and largest coordinates of the finite points; zeros when there are none. */
    private static double[] bounds(double[] points, int from, int to) {
        double[] bounds = new double[6];
        boolean first = true;
        for (int i = from; i < to; i++) {
            if (isFinite(points, i)) {
                for (int axis = 0; axis < 3; axis++) {
                    double value = points[3 * i + axis];
                    bounds[axis] = first ? value : Math.min(bounds[axis], value);
                    bounds[3 + axis] = first ? value : Math.max(bounds[3 + axis], value);
                }
                first = false;
            }
        }
        return bounds;
    }
}
