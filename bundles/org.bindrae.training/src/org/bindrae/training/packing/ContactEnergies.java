package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.BondGraph;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.StericPotential;
import org.bindrae.tensor.Packing;
import org.bindrae.training.packing.EnergyGraph.Edge;
import org.bindrae.training.packing.RotamerCandidates.Candidate;

/**
 * The atoms of all candidates, built on their backbones, and how much they repel. A row is a candidate; nodes are the residues that have any.
 */
final class ContactEnergies {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CHI1 = 3;
    /** The first slot that moves: CB lies still. */
    private static final int MOVING = ResidueConstants.CB + 1;
    private static final int CYSTEINE = ResidueConstants.typeOfCode("CYS");
    private static final int SULFUR = ResidueConstants.slot(CYSTEINE, "SG");
    /** Atoms closer than this are bonded if they are SG of cysteines; a disulfide bond is 2.03 Å long. */
    private static final double DISULFIDE = 2.5;
    /** How much closer a metal may come to atoms that do not bind it, Å: carbons beside a binding atom lie 2.8 to 3.1 Å from it. */
    private static final double METAL_TOLERANCE = 0.8;

    private final StericPotential potential;
    private final ResidueTable table;
    /** Residue of each node. */
    private final int[] residues;
    /** First row of each node, and the number of all rows. */
    private final int[] starts;
    private final double[] atoms;
    private final double[] radii;
    private final FixedAtoms fixed;
    private final BondGraph bonds;
    /** Spheres about the moving atoms of each row: middle [rows, 3] and radius [rows], that of the atoms included; negative without any. */
    private final double[] middles;
    private final double[] extents;

    ContactEnergies(Sample sample, RotamerCandidates candidates, StericPotential potential) {
        this.potential = potential;
        table = sample.residues();
        List<List<Candidate>> all = candidates.ofResidues();
        residues = IntStream.range(0, table.size()).filter(i -> !all.get(i).isEmpty()).toArray();
        starts = new int[residues.length + 1];
        boolean[] built = new boolean[table.size()];
        int[] firstRow = new int[table.size()];
        for (int node = 0; node < residues.length; node++) {
            built[residues[node]] = true;
            firstRow[residues[node]] = starts[node];
            starts[node + 1] = starts[node] + all.get(residues[node]).size();
        }
        atoms = build(all);
        radii = new double[starts[residues.length] * SLOTS];
        middles = new double[3 * starts[residues.length]];
        extents = new double[starts[residues.length]];
        for (int node = 0; node < residues.length; node++) {
            double[] own = ClashSystem.radii(new int[] {type(node)});
            for (int row = starts[node]; row < starts[node + 1]; row++) {
                System.arraycopy(own, 0, radii, row * SLOTS, SLOTS);
                enclose(row, slots(node));
            }
        }
        fixed = FixedAtoms.of(sample, built, firstRow, atoms);
        bonds = BondGraph.of(table.types(), table.breakBefore(), Packing.ofLengths(table.size()), 0, List.of());
    }

    private int type(int node) {
        return table.types()[residues[node]];
    }

    private int slots(int node) {
        return ResidueConstants.atoms(type(node)).size();
    }

    /** Residues that have candidates. */
    int[] residues() {
        return residues;
    }

    private double[] build(List<List<Candidate>> all) {
        int rows = starts[residues.length];
        BackboneFrames own = BackboneFrames.of(table.atom14(), table.present());
        BackboneFrames frames = new BackboneFrames(new double[9 * rows], new double[3 * rows], new boolean[rows]);
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * rows];
        int[] types = new int[rows];
        for (int node = 0; node < residues.length; node++) {
            for (int row = starts[node]; row < starts[node + 1]; row++) {
                types[row] = type(node);
                own.frame(residues[node]).store(frames.rotations(), frames.translations(), row);
                double[] chi = all.get(residues[node]).get(row - starts[node]).chi();
                for (int c = 0; c < chi.length; c++) {
                    int torsion = 2 * (row * ResidueConstants.TORSIONS + CHI1 + c);
                    torsions[torsion] = StrictMath.sin(chi[c]);
                    torsions[torsion + 1] = StrictMath.cos(chi[c]);
                }
            }
        }
        return ForwardKinematics.atoms(frames, torsions, types);
    }

    private void enclose(int row, int slots) {
        extents[row] = -1;
        if (slots <= MOVING) {
            return;
        }
        for (int slot = MOVING; slot < slots; slot++) {
            for (int axis = 0; axis < 3; axis++) {
                middles[3 * row + axis] += atoms[3 * (row * SLOTS + slot) + axis] / (slots - MOVING);
            }
        }
        for (int slot = MOVING; slot < slots; slot++) {
            int atom = row * SLOTS + slot;
            extents[row] = Math.max(extents[row], Math.sqrt(squared(middles, row, atoms, atom)) + radii[atom]);
        }
    }

    private static double squared(double[] a, int i, double[] b, int j) {
        double dx = a[3 * i] - b[3 * j];
        double dy = a[3 * i + 1] - b[3 * j + 1];
        double dz = a[3 * i + 2] - b[3 * j + 2];
        return dx * dx + dy * dy + dz * dz;
    }

    /** Repulsion of each candidate of a node from what is fixed and within itself, in the unit of {@link StericPotential}. */
    double[] self(int node) {
        double[] energies = new double[starts[node + 1] - starts[node]];
        Arrays.setAll(energies, c -> withFixed(node, starts[node] + c) + within(node, starts[node] + c));
        return energies;
    }

    private double withFixed(int node, int row) {
        double largest = fixed.largestRadius();
        double[] sum = new double[1];
        for (int slot = MOVING; slot < slots(node); slot++) {
            int atom = row * SLOTS + slot;
            int number = residues[node] * SLOTS + slot;
            boolean binding = isBinding(type(node), slot);
            fixed.grid().forEachWithin(atoms[3 * atom], atoms[3 * atom + 1], atoms[3 * atom + 2], potential.reach(radii[atom] + largest), (other, squared) -> {
                double reach = potential.reach(radii[atom] + fixed.radii()[other]) - (fixed.metals()[other] ? METAL_TOLERANCE : 0);
                if (squared < reach * reach && !(fixed.metals()[other] && binding)
                        && (fixed.numbers()[other] == FixedAtoms.OTHER || !bonds.isNear(number, fixed.numbers()[other]))) {
                    sum[0] += potential.repulsion(reach, squared);
                }
            });
        }
        return sum[0];
    }

    /** Whether an atom may bind a metal. */
    private static boolean isBinding(int type, int slot) {
        return !"C".equals(ResidueConstants.element(type, slot));
    }

    private double within(int node, int row) {
        double sum = 0;
        for (int a = MOVING; a < slots(node); a++) {
            for (int b = MOVING; b < a; b++) {
                if (!bonds.isNear(residues[node] * SLOTS + a, residues[node] * SLOTS + b)) {
                    sum += repulsion(row * SLOTS + a, row * SLOTS + b);
                }
            }
        }
        return sum;
    }

    private double repulsion(int atom, int other) {
        return potential.repulsion(potential.reach(radii[atom] + radii[other]), squared(atoms, atom, atoms, other));
    }

    /** Pairs of nodes of which some candidates repel, with the repulsion of all. */
    List<Edge> edges() {
        double[] centres = new double[3 * residues.length];
        double[] reaches = new double[residues.length];
        double largest = 0;
        for (int node = 0; node < residues.length; node++) {
            int first = starts[node];
            System.arraycopy(atoms, 3 * (first * SLOTS + ResidueConstants.CA), centres, 3 * node, 3);
            for (int row = first; row < starts[node + 1]; row++) {
                reaches[node] = Math.max(reaches[node], extents[row] < 0 ? 0 : extents[row] + Math.sqrt(squared(centres, node, middles, row)));
            }
            largest = Math.max(largest, reaches[node]);
        }
        CellGrid grid = new CellGrid(centres, 0, residues.length, largest);
        List<Edge> edges = new ArrayList<>();
        for (int node = 0; node < residues.length; node++) {
            int second = node;
            List<Integer> near = new ArrayList<>();
            grid.forEachWithin(centres[3 * node], centres[3 * node + 1], centres[3 * node + 2], reaches[node] + largest, (first, squared) -> {
                if (first < second && Math.sqrt(squared) < reaches[first] + reaches[second]) {
                    near.add(first);
                }
            });
            near.stream().sorted().map(first -> edge(first, second)).filter(edge -> edge != null).forEach(edges::add);
        }
        return edges;
    }

    /** Null when nothing repels. */
    private Edge edge(int first, int second) {
        double[][] energies = new double[starts[first + 1] - starts[first]][starts[second + 1] - starts[second]];
        boolean any = false;
        for (int r = 0; r < energies.length; r++) {
            for (int s = 0; s < energies[r].length; s++) {
                energies[r][s] = pair(first, starts[first] + r, second, starts[second] + s);
                any |= energies[r][s] != 0;
            }
        }
        return any ? new Edge(first, second, energies) : null;
    }

    private double pair(int first, int row, int second, int other) {
        double reach = potential.reach(extents[row] + extents[other]);
        if (extents[row] < 0 || extents[other] < 0 || squared(middles, row, middles, other) >= reach * reach) {
            return 0;
        }
        double sum = 0;
        for (int a = MOVING; a < slots(first); a++) {
            for (int b = MOVING; b < slots(second); b++) {
                double repulsion = repulsion(row * SLOTS + a, other * SLOTS + b);
                if (repulsion > 0 && !isBonded(first, a, second, b, row, other)) {
                    sum += repulsion;
                }
            }
        }
        return sum;
    }

    private boolean isBonded(int first, int a, int second, int b, int row, int other) {
        boolean sulfurs = type(first) == CYSTEINE && type(second) == CYSTEINE && a == SULFUR && b == SULFUR;
        return bonds.isNear(residues[first] * SLOTS + a, residues[second] * SLOTS + b)
                || sulfurs && squared(atoms, row * SLOTS + a, atoms, other * SLOTS + b) <= DISULFIDE * DISULFIDE;
    }
}
