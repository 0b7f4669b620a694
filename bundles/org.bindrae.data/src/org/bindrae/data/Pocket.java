package org.bindrae.data;

import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/**
 * Which residues surround a ligand.
 *
 * @param distances smallest distance of heavy atoms to the ligand's [T], Å; infinite without ligand or without atoms
 * @param weights exp(−½(d/width)²) for contacts and their neighbours along the chain, divided by the largest, 0 elsewhere [T]
 */
public record Pocket(double[] distances, double[] weights) {

    /** Distances and weights; without any contact all weights are 0. */
    public static Pocket of(ResidueTable residues, Ligand ligand, PreparationSettings settings) {
        double[] distances = distances(residues, ligand);
        boolean[] inside = new boolean[residues.size()];
        for (int i = 0; i < inside.length; i++) {
            if (distances[i] <= settings.contactDistance()) {
                inside[i] = true;
                for (int j = i; j > Math.max(0, i - settings.widening()) && !residues.breakBefore()[j]; j--) {
                    inside[j - 1] = true;
                }
                for (int j = i + 1; j < Math.min(inside.length, i + 1 + settings.widening()) && !residues.breakBefore()[j]; j++) {
                    inside[j] = true;
                }
            }
        }
        double[] weights = new double[inside.length];
        for (int i = 0; i < weights.length; i++) {
            double ratio = distances[i] / settings.weightWidth();
            weights[i] = inside[i] ? StrictMath.exp(-0.5 * ratio * ratio) : 0;
        }
        double largest = Arrays.stream(weights).max().orElse(0);
        for (int i = 0; i < weights.length && largest > 0; i++) {
            weights[i] /= largest;
        }
        return new Pocket(distances, weights);
    }

    private static double[] distances(ResidueTable residues, Ligand ligand) {
        List<Vec3> atoms = ligand.atoms().stream().map(LigandAtom::position).toList();
        double[] distances = new double[residues.size()];
        Arrays.fill(distances, Double.POSITIVE_INFINITY);
        for (int atom = 0; atom < residues.present().length; atom++) {
            if (residues.present()[atom]) {
                int residue = atom / ResidueConstants.SLOTS;
                Vec3 position = Vec3.at(residues.atom14(), atom);
                for (Vec3 other : atoms) {
                    distances[residue] = Math.min(distances[residue], position.distance(other));
                }
            }
        }
        return distances;
    }
}
