package org.bindrae.geometry;

import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants.Bond;

/**
 * What all residues of one type share. Atoms are given by their atom14 slot, in that order.
 *
 * @param groups rigid group of each atom: 0 backbone, 3 ψ, 4–7 χ1–χ4; empty for the unknown type, whose atoms have no ideal position
 * @param ideal ideal position of each atom in its group's frame, Å
 * @param defaultFrames frame of each of the eight groups in that of its parent at torsion 0
 * @param bondDistances number of bonds between each pair of atoms, {@code a·atoms + b}
 */
record ResidueTemplate(char letter, String code, List<String> atoms, List<Integer> groups, List<Vec3> ideal, List<Torsion> chis,
        List<Bond> swaps, List<Bond> bonds, List<RigidFrame> defaultFrames, int[] bondDistances) {

    /** A torsion by the slots of its four atoms. */
    record Torsion(int a, int b, int c, int d, boolean piPeriodic) {
        int slot(int index) {
            return switch (index) {
                case 0 -> a;
                case 1 -> b;
                case 2 -> c;
                case 3 -> d;
                default -> throw new IndexOutOfBoundsException("a torsion has four atoms, not " + index);
            };
        }
    }

    static ResidueTemplate of(char letter, String code, List<String> atoms, List<Integer> groups, List<Vec3> ideal, List<Torsion> chis,
            List<Bond> swaps, List<Bond> bonds) {
        List<RigidFrame> frames = groups.isEmpty() ? List.of() : defaultFrames(ideal, chis);
        return new ResidueTemplate(letter, code, List.copyOf(atoms), List.copyOf(groups), List.copyOf(ideal), List.copyOf(chis),
                List.copyOf(swaps), List.copyOf(bonds), frames, bondDistances(atoms.size(), bonds));
    }

    /** The slot whose atom exchanges its name with this one; the slot itself for an unambiguous atom. */
    int symmetricSlot(int slot) {
        return swaps.stream().filter(swap -> swap.a() == slot || swap.b() == slot).findFirst().map(swap -> swap.a() == slot ? swap.b() : swap.a()).orElse(slot);
    }

    /** AlphaFold2's restype_rigid_group_default_frame: a group's x axis is its rotation axis, its origin the axis' end. */
    private static List<RigidFrame> defaultFrames(List<Vec3> ideal, List<Torsion> chis) {
        RigidFrame[] frames = new RigidFrame[ResidueConstants.GROUPS];
        Arrays.fill(frames, RigidFrame.IDENTITY);
        Vec3 n = ideal.get(ResidueConstants.N);
        Vec3 ca = ideal.get(ResidueConstants.CA);
        Vec3 c = ideal.get(ResidueConstants.C);
        frames[2] = RigidFrame.ofAxes(n.minus(ca), new Vec3(1, 0, 0), n);
        frames[3] = RigidFrame.ofAxes(c.minus(ca), ca.minus(n), c);
        for (int chi = 0; chi < chis.size(); chi++) {
            Vec3 end = ideal.get(chis.get(chi).c());
            // χ1 starts from backbone atoms; each further axis starts at the origin of the group before it, whose own axis is x
            frames[4 + chi] = chi == 0 ? RigidFrame.ofAxes(end.minus(ca), n.minus(ca), end)
                    : RigidFrame.ofAxes(end, new Vec3(-1, 0, 0), end);
        }
        return List.of(frames);
    }

    private static int[] bondDistances(int atoms, List<Bond> bonds) {
        int[] distance = new int[atoms * atoms];
        Arrays.fill(distance, atoms);
        for (int a = 0; a < atoms; a++) {
            distance[a * atoms + a] = 0;
        }
        for (Bond bond : bonds) {
            distance[bond.a() * atoms + bond.b()] = 1;
            distance[bond.b() * atoms + bond.a()] = 1;
        }
        for (int via = 0; via < atoms; via++) {
            for (int a = 0; a < atoms; a++) {
                for (int b = 0; b < atoms; b++) {
                    int detour = distance[a * atoms + via] + distance[via * atoms + b];
                    distance[a * atoms + b] = Math.min(distance[a * atoms + b], detour);
                }
            }
        }
        return distance;
    }
}
