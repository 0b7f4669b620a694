package org.bindrae.geometry;

import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Penalty for van der Waals overlaps: Σ max(0, r_a + r_b − tolerance − d_ab)² over all pairs of {@link ClashSystem}, divided by the number
 * of protein atoms; Å². Found with a cell list: exact, in O(N) time and memory.
 *
 * @param tolerance overlap that costs nothing, Å
 */
public record ClashLoss(double tolerance) {
    /** 0.4 Å, the overlap from which on clash scores count. */
    public static final ClashLoss DEFAULT = new ClashLoss(0.4);
    private static final int GRAIN = 64;

    /** Penalty of each sequence [B] for protein atoms [T, 14, 3], Å. */
    public Tensor of(Tape tape, Tensor atoms, ClashSystem system) {
        HostValues.require("atoms", atoms, system.counted().length, 3);
        return LossKernels.of(atoms.device()).clash(tape, this, atoms, system);
    }

    Tensor onHost(HostDevice host, Tape tape, Tensor atoms, ClashSystem system) {
        double[] positions = atoms.toDoubles();
        double[] penalties = new double[system.counted().length];
        double[] gradients = new double[positions.length];
        double[] totals = new double[system.residues().count()];
        for (int s = 0; s < totals.length; s++) {
            ClashSystem.Search search = system.search(s, positions, tolerance);
            int first = system.residues().start(s) * ResidueConstants.SLOTS;
            double weight = 1.0 / Math.max(1, system.countedIn(s));
            host.parallel(search.places(), GRAIN, (from, to) -> {
                for (int place = from; place < to; place++) {
                    new Atom(system, search, weight).visit(place, penalties, gradients, first + place);
                }
            });
            for (int place = 0; place < search.places(); place++) {
                totals[s] += penalties[first + place];
            }
        }
        Tensor result = HostValues.output(tape, Shape.of(totals.length), totals, atoms);
        if (result.requiresGradient()) {
            tape.record(() -> HostValues.add(tape.gradient(atoms), DistanceLoss.perSequence(tape.gradient(result), gradients,
                    system.residues(), 3 * ResidueConstants.SLOTS)));
        }
        return result;
    }

    /** One atom's share of the penalty and the whole of its gradient. */
    private static final class Atom implements ClashSystem.Visitor {
        private final ClashSystem system;
        private final ClashSystem.Search search;
        private final double weight;
        private double penalty;
        private Vec3 gradient = Vec3.ZERO;

        Atom(ClashSystem system, ClashSystem.Search search, double weight) {
            this.system = system;
            this.search = search;
            this.weight = weight;
        }

        void visit(int place, double[] penalties, double[] gradients, int atom) {
            search.visit(place, this);
            penalties[atom] = penalty;
            gradient.store(gradients, atom);
        }

        @Override
        public void visit(int atom, int other, double distance, double overlap) {
            // both ends of a protein pair are visited and bear half of it each
            penalty += overlap * overlap * weight * (system.isLigand(other) ? 1 : 0.5);
            if (distance > 0) {
                Vec3 away = search.position(atom).minus(search.position(other)).times(1 / distance);
                gradient = gradient.plus(away.times(-2 * overlap * weight));
            }
        }
    }
}
