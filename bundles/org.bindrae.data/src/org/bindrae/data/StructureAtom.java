package org.bindrae.data;

import org.bindrae.geometry.Vec3;

/**
 * A heavy atom as its file has it.
 *
 * @param name atom name, such as CA
 * @param element symbol, such as Cl; {@code X} when neither the file nor the name tells
 * @param position Å
 * @param charge formal charge, 0 where the file says nothing
 * @param occupancy 1 where the file says nothing
 * @param bFactor Å², 0 where the file says nothing
 */
public record StructureAtom(String name, String element, Vec3 position, int charge, double occupancy, double bFactor) {
}
