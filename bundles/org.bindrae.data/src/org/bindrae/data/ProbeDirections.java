package org.bindrae.data;

import java.util.List;

import org.bindrae.geometry.Vec3;

/** Where the lone pairs or hydrogens of a donor or acceptor point, from its bonded heavy atoms alone. */
final class ProbeDirections {
    /** Length below which a sum of unit vectors or a product of two says nothing: bonds on one line. */
    private static final double DEGENERATE = 1e-3;

    private ProbeDirections() {
    }

    /**
     * Unit vectors, two at most: away from a single neighbour; opposite to the middle of two; both normals of the plane of the first two of three or more. None
     * without neighbours, or where the neighbours lie so that there is no such direction.
     */
    static List<Vec3> of(Vec3 atom, List<Vec3> neighbours) {
        List<Vec3> units = neighbours.stream().map(neighbour -> neighbour.minus(atom)).filter(v -> v.norm() > DEGENERATE).map(Vec3::unit).toList();
        return switch (units.size()) {
            case 0 -> List.of();
            case 1 -> List.of(units.getFirst().times(-1));
            case 2 -> opposite(units.get(0).plus(units.get(1)));
            default -> normals(units);
        };
    }

    private static List<Vec3> opposite(Vec3 sum) {
        return sum.norm() < DEGENERATE ? List.of() : List.of(sum.unit().times(-1));
    }

    /** Of the first pair that spans a plane. */
    private static List<Vec3> normals(List<Vec3> units) {
        for (int i = 0; i < units.size(); i++) {
            for (int j = i + 1; j < units.size(); j++) {
                Vec3 normal = units.get(i).cross(units.get(j));
                if (normal.norm() >= DEGENERATE) {
                    return List.of(normal.unit(), normal.unit().times(-1));
                }
            }
        }
        return List.of();
    }
}
