package org.bindrae.geometry;

import java.util.Arrays;

import org.bindrae.tensor.Packing;

/**
 * The k nearest neighbours of each point within its own sequence, nearest first, points at the same distance by index. Memory O(T·k).
 *
 * @param indices row numbers in the packed points [T, k]; −1 where the sequence has fewer neighbours
 * @param distances [T, k], Å; infinite where there is no neighbour
 */
public record KNearest(int k, int[] indices, double[] distances) {

    /**
     * @param points [T, 3], Å
     * @param present which points count [T], null for all; the others have no neighbours and are nobody's
     * @param withItself whether a point is its own first neighbour
     */
    public static KNearest of(double[] points, Packing packing, boolean[] present, int k, boolean withItself) {
        KNearest nearest = new KNearest(k, new int[packing.total() * k], new double[packing.total() * k]);
        Arrays.fill(nearest.indices, -1);
        Arrays.fill(nearest.distances, Double.POSITIVE_INFINITY);
        double[] counted = present == null ? points : masked(points, present);
        for (int sequence = 0; sequence < packing.count() && k > 0; sequence++) {
            nearest.search(counted, packing.start(sequence), packing.end(sequence), withItself);
        }
        for (int i = 0; i < nearest.distances.length; i++) {
            nearest.distances[i] = Math.sqrt(nearest.distances[i]);
        }
        return nearest;
    }

    private static double[] masked(double[] points, boolean[] present) {
        double[] copy = points.clone();
        for (int i = 0; i < present.length; i++) {
            if (!present[i]) {
                copy[3 * i] = Double.NaN;
            }
        }
        return copy;
    }

    private void search(double[] points, int start, int end, boolean withItself) {
        double spacing = spacing(points, start, end);
        CellGrid grid = new CellGrid(points, start, end, spacing);
        int reachable = Math.min(k, withItself ? grid.size() : grid.size() - 1);
        double radius = spacing;
        for (int i = start; i < end; i++) {
            double x = points[3 * i];
            double y = points[3 * i + 1];
            double z = points[3 * i + 2];
            if (!Double.isFinite(x + y + z)) {
                continue;
            }
            Row row = new Row(i * k, withItself ? -1 : i);
            grid.forEachWithin(x, y, z, radius, row);
            while (row.found < reachable) {
                row.clear();
                radius *= 2;
                grid.forEachWithin(x, y, z, radius, row);
            }
            // the next point along the chain lies near: what was enough here, and a bit, is likely enough there
            radius = reachable == 0 ? spacing : Math.max(1.25 * Math.sqrt(distances[i * k + reachable - 1]), 1e-3 * spacing);
        }
    }

    /** Edge of a cube that would hold about k points if they filled their bounding box evenly. */
    private double spacing(double[] points, int start, int end) {
        double volume = 1;
        for (int axis = 0; axis < 3; axis++) {
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (int i = start; i < end; i++) {
                double value = points[3 * i + axis];
                low = value < low ? value : low;
                high = value > high ? value : high;
            }
            volume *= Math.max(1, high - low);
        }
        double edge = Math.cbrt(volume * k / Math.max(1, end - start));
        return Double.isFinite(edge) ? edge : 1;
    }

    /** Keeps the best k of one point in order. */
    private final class Row implements CellGrid.Visitor {
        private final int offset;
        private final int itself;
        private int found;

        Row(int offset, int itself) {
            this.offset = offset;
            this.itself = itself;
        }

        void clear() {
            found = 0;
        }

        @Override
        public void visit(int index, double squaredDistance) {
            if (index == itself) {
                return;
            }
            int place = found < k ? found++ : k;
            while (place > 0 && isBefore(index, squaredDistance, offset + place - 1)) {
                place--;
                if (place + 1 < k) {
                    indices[offset + place + 1] = indices[offset + place];
                    distances[offset + place + 1] = distances[offset + place];
                }
            }
            if (place < k) {
                indices[offset + place] = index;
                distances[offset + place] = squaredDistance;
            }
        }

        private boolean isBefore(int index, double squaredDistance, int other) {
            return squaredDistance < distances[other] || squaredDistance == distances[other] && index < indices[other];
        }
    }
}
