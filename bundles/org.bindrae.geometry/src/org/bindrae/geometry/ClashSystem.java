package org.bindrae.geometry;

import java.util.Arrays;

import org.bindrae.tensor.DeviceForms;
import org.bindrae.tensor.Packing;

/**
 * The atoms whose van der Waals overlaps count: those of the protein, which move, and those of the ligand, which stand still. Overlaps
 * within the ligand, between sequences, and of atoms at most three bonds apart do not count.
 *
 * @param residues how T residues are packed
 * @param counted which protein atoms take part [T, 14]
 * @param radii van der Waals radii of protein atoms [T, 14], Å
 * @param ligands how M ligand atoms are packed, by the same sequences
 * @param ligandAtoms positions [M, 3], Å
 * @param ligandRadii van der Waals radii [M], Å
 * @param bonds of all these atoms
 * @param forms what devices made of it
 */
public record ClashSystem(Packing residues, boolean[] counted, double[] radii, Packing ligands, double[] ligandAtoms, double[] ligandRadii,
        BondGraph bonds, DeviceForms forms) {

    public ClashSystem(Packing residues, boolean[] counted, double[] radii, Packing ligands, double[] ligandAtoms, double[] ligandRadii, BondGraph bonds) {
        this(residues, counted, radii, ligands, ligandAtoms, ligandRadii, bonds, new DeviceForms());
    }

    public ClashSystem {
        HostValues.require("counted", counted.length, residues.total() * ResidueConstants.SLOTS);
        HostValues.require("radii", radii.length, counted.length);
        HostValues.require("ligand atoms", ligandAtoms.length, 3 * ligands.total());
        HostValues.require("ligand radii", ligandRadii.length, ligands.total());
        HostValues.require("sequences of ligand atoms", ligands.count(), residues.count());
    }

    /** van der Waals radii of the atoms of residues [T, 14], Å; 0 for slots without an atom. */
    public static double[] radii(int[] types) {
        double[] radii = new double[types.length * ResidueConstants.SLOTS];
        for (int i = 0; i < types.length; i++) {
            for (int slot = 0; slot < ResidueConstants.atoms(types[i]).size(); slot++) {
                radii[i * ResidueConstants.SLOTS + slot] = ResidueConstants.vanDerWaalsRadius(ResidueConstants.element(types[i], slot));
            }
        }
        return radii;
    }

    /** Receives an overlap. Atoms are numbered as in {@link BondGraph}. */
    @FunctionalInterface
    interface Visitor {
        void visit(int atom, int other, double distance, double overlap);
    }

    /** Number of protein atoms that take part in a sequence. */
    public int countedIn(int sequence) {
        int count = 0;
        for (int a = residues.start(sequence) * ResidueConstants.SLOTS; a < residues.end(sequence) * ResidueConstants.SLOTS; a++) {
            count += counted[a] ? 1 : 0;
        }
        return count;
    }

    /** Sorts the atoms of a sequence for searching. */
    Search search(int sequence, double[] atoms, double tolerance) {
        return new Search(sequence, atoms, tolerance);
    }

    boolean isLigand(int atom) {
        return atom >= counted.length;
    }

    /** Finds overlaps within one sequence. */
    final class Search {
        private final int first;
        private final int proteinAtoms;
        private final int firstLigand;
        private final double[] points;
        private final double[] pointRadii;
        private final double tolerance;
        private final double largestRadius;
        private final CellGrid grid;

        private Search(int sequence, double[] atoms, double tolerance) {
            this.tolerance = tolerance;
            first = residues.start(sequence) * ResidueConstants.SLOTS;
            proteinAtoms = residues.length(sequence) * ResidueConstants.SLOTS;
            firstLigand = counted.length + ligands.start(sequence);
            int ligandCount = ligands.length(sequence);
            points = Arrays.copyOfRange(atoms, 3 * first, 3 * (first + proteinAtoms + ligandCount));
            System.arraycopy(ligandAtoms, 3 * ligands.start(sequence), points, 3 * proteinAtoms, 3 * ligandCount);
            pointRadii = Arrays.copyOfRange(radii, first, first + proteinAtoms + ligandCount);
            System.arraycopy(ligandRadii, ligands.start(sequence), pointRadii, proteinAtoms, ligandCount);
            double largest = 0;
            for (int i = 0; i < pointRadii.length; i++) {
                if (i < proteinAtoms && !counted[first + i]) {
                    points[3 * i] = Double.NaN;
                } else {
                    largest = Math.max(largest, pointRadii[i]);
                }
            }
            largestRadius = largest;
            grid = new CellGrid(points, 0, pointRadii.length, 2 * largest - tolerance);
        }

        /** Number of protein places, counted or not, that {@link #visit} takes. */
        int places() {
            return proteinAtoms;
        }

        /** Visits the overlaps of more than the tolerance of one protein atom with any other, given its place in the sequence. */
        void visit(int place, Visitor visitor) {
            double reach = pointRadii[place] + largestRadius - tolerance;
            if (!counted[first + place] || reach <= 0) {
                return;
            }
            grid.forEachWithin(points[3 * place], points[3 * place + 1], points[3 * place + 2], reach, (other, squared) -> {
                double distance = Math.sqrt(squared);
                double overlap = pointRadii[place] + pointRadii[other] - tolerance - distance;
                if (overlap > 0 && !bonds.isNear(first + place, number(other))) {
                    visitor.visit(first + place, number(other), distance, overlap);
                }
            });
        }

        private int number(int place) {
            return place < proteinAtoms ? first + place : firstLigand + place - proteinAtoms;
        }

        /** Position of an atom found. */
        Vec3 position(int atom) {
            return Vec3.at(points, isLigand(atom) ? atom - firstLigand + proteinAtoms : atom - first);
        }
    }
}
