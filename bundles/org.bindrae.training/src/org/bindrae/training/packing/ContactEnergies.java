package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BondGraph;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.StericPotential;
import org.bindrae.tensor.Packing;
import org.bindrae.training.packing.EnergyGraph.Edge;

/** How much the atoms of candidates repel one another and what lies still, in the unit of {@link StericPotential}. */
final class ContactEnergies {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CYSTEINE = ResidueConstants.typeOfCode("CYS");
    private static final int SULFUR = ResidueConstants.slot(CYSTEINE, "SG");
    /** Sulfurs of cysteines up to this distance are bonded, Å; the bond is 2.03 Å long, and candidates are some tenths off. */
    private static final double DISULFIDE = 2.5;
    /** How much closer a metal may come to atoms that do not bind it, Å: carbons beside a binding atom lie 2.8 to 3.1 Å from it. */
    private static final double METAL_TOLERANCE = 0.8;

    private final StericPotential potential;
    private final CandidateAtoms candidates;
    private final FixedAtoms fixed;
    private final BondGraph bonds;

    ContactEnergies(Sample sample, CandidateAtoms candidates, StericPotential potential) {
        ResidueTable table = sample.residues();
        this.potential = potential;
        this.candidates = candidates;
        fixed = FixedAtoms.of(sample, candidates);
        bonds = BondGraph.of(table.types(), table.breakBefore(), Packing.ofLengths(table.size()), 0, List.of());
    }

    /** Repulsion of each candidate of a node from what lies still and within itself. */
    double[] self(int node) {
        double[] energies = new double[candidates.rows(node)];
        Arrays.setAll(energies, c -> withFixed(node, candidates.start(node) + c) + within(node, candidates.start(node) + c));
        return energies;
    }

    private double withFixed(int node, int row) {
        double[] atoms = candidates.positions();
        double[] sum = new double[1];
        for (int slot = CandidateAtoms.MOVING; slot < candidates.slots(node); slot++) {
            int atom = row * SLOTS + slot;
            int number = number(node, slot);
            double radius = candidates.radii()[atom];
            boolean binds = !"C".equals(ResidueConstants.element(candidates.type(node), slot));
            fixed.grid().forEachWithin(atoms[3 * atom], atoms[3 * atom + 1], atoms[3 * atom + 2], potential.reach(radius + fixed.largestRadius()),
                    (other, squared) -> sum[0] += isBonded(number, other) ? 0 : repulsion(radius, binds, other, squared));
        }
        return sum[0];
    }

    private double repulsion(double radius, boolean binds, int other, double squared) {
        double reach = potential.reach(radius + fixed.radii()[other]);
        if (!fixed.metals()[other]) {
            return potential.repulsion(reach, squared);
        }
        return binds ? 0 : potential.repulsion(reach - METAL_TOLERANCE, squared);
    }

    private boolean isBonded(int number, int other) {
        return fixed.numbers()[other] != FixedAtoms.OTHER && bonds.isNear(number, fixed.numbers()[other]);
    }

    /** As {@link BondGraph} numbers atoms. */
    private int number(int node, int slot) {
        return candidates.residue(node) * SLOTS + slot;
    }

    private double within(int node, int row) {
        double sum = 0;
        for (int a = CandidateAtoms.MOVING; a < candidates.slots(node); a++) {
            for (int b = CandidateAtoms.MOVING; b < a; b++) {
                sum += bonds.isNear(number(node, a), number(node, b)) ? 0 : repulsion(row * SLOTS + a, row * SLOTS + b);
            }
        }
        return sum;
    }

    private double repulsion(int atom, int other) {
        double reach = potential.reach(candidates.radii()[atom] + candidates.radii()[other]);
        return potential.repulsion(reach, CandidateAtoms.squared(candidates.positions(), atom, candidates.positions(), other));
    }

    /** Pairs of nodes of which some candidates repel, with the repulsion of all. */
    List<Edge> edges() {
        double[] centres = new double[3 * candidates.nodes()];
        double[] reaches = new double[candidates.nodes()];
        for (int node = 0; node < candidates.nodes(); node++) {
            int first = candidates.start(node);
            System.arraycopy(candidates.positions(), 3 * (first * SLOTS + ResidueConstants.CA), centres, 3 * node, 3);
            for (int row = first; row < candidates.end(node); row++) {
                double reach = candidates.extent(row) + Math.sqrt(CandidateAtoms.squared(centres, node, candidates.middles(), row));
                reaches[node] = Math.max(reaches[node], candidates.extent(row) < 0 ? 0 : reach);
            }
        }
        double largest = Arrays.stream(reaches).max().orElse(0);
        CellGrid grid = new CellGrid(centres, 0, candidates.nodes(), largest);
        List<Edge> edges = new ArrayList<>();
        for (int node = 0; node < candidates.nodes(); node++) {
            int second = node;
            List<Integer> near = new ArrayList<>();
            grid.forEachWithin(centres[3 * node], centres[3 * node + 1], centres[3 * node + 2], reaches[node] + largest, (first, squared) -> {
                if (first < second && Math.sqrt(squared) < reaches[first] + reaches[second]) {
                    near.add(first);
                }
            });
            near.stream().sorted().forEach(first -> addEdge(first, second, edges));
        }
        return edges;
    }

    private void addEdge(int first, int second, List<Edge> edges) {
        double[][] energies = new double[candidates.rows(first)][candidates.rows(second)];
        boolean any = false;
        for (int r = 0; r < energies.length; r++) {
            for (int s = 0; s < energies[r].length; s++) {
                energies[r][s] = pair(first, candidates.start(first) + r, second, candidates.start(second) + s);
                any |= energies[r][s] > 0;
            }
        }
        if (any) {
            edges.add(new Edge(first, second, energies));
        }
    }

    private double pair(int first, int row, int second, int other) {
        double reach = potential.reach(candidates.extent(row) + candidates.extent(other));
        boolean apart = CandidateAtoms.squared(candidates.middles(), row, candidates.middles(), other) >= reach * reach;
        if (apart || candidates.extent(row) < 0 || candidates.extent(other) < 0) {
            return 0;
        }
        double sum = 0;
        for (int a = CandidateAtoms.MOVING; a < candidates.slots(first); a++) {
            for (int b = CandidateAtoms.MOVING; b < candidates.slots(second); b++) {
                double repulsion = repulsion(row * SLOTS + a, other * SLOTS + b);
                boolean bonded = repulsion > 0 && (bonds.isNear(number(first, a), number(second, b)) || isDisulfide(first, a, second, b, row, other));
                sum += bonded ? 0 : repulsion;
            }
        }
        return sum;
    }

    private boolean isDisulfide(int first, int a, int second, int b, int row, int other) {
        return candidates.type(first) == CYSTEINE && candidates.type(second) == CYSTEINE && a == SULFUR && b == SULFUR
                && CandidateAtoms.squared(candidates.positions(), row * SLOTS + a, candidates.positions(), other * SLOTS + b) <= DISULFIDE * DISULFIDE;
    }
}
