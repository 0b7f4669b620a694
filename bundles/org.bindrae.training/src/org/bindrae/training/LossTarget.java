package org.bindrae.training;

import java.util.Arrays;
import java.util.stream.IntStream;

import org.bindrae.data.Batch;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.Fape;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.tensor.Packing;

/**
 * What the losses compare a prediction with: everything that depends on the true structures alone, computed once per batch. T residues of B samples.
 *
 * @param torsions true torsions, masked where unknown
 * @param wells χ1 well of each residue [T] as the ordinal of {@link RotamerWell}, −1 where there is none or it is unknown
 * @param frames true backbone frames
 * @param fape the true structure; compared are atoms that are known, placed by the network, and of a residue with its own frame
 * @param clashes overlaps that count; null when that term is switched off
 * @param pocketWeights [T]
 * @param counts how much there is to compare
 */
record LossTarget(Batch batch, Torsions torsions, int[] wells, BackboneFrames frames, Fape.Target fape, ClashSystem clashes, double[] pocketWeights,
        Counts counts) {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CHI1 = 3;

    /**
     * What the losses count. B samples.
     *
     * @param frames of each sample; 0 where there is no atom to compare [B]
     * @param clashing atoms of each sample that can clash [B]; null when that term is switched off
     * @param pockets which samples have a pocket [B]
     * @param torsionsThatExist which torsions the types of the residues have [T, 7]
     * @param torsions number of these
     * @param wells number of residues whose well is known
     */
    record Counts(double[] frames, double[] clashing, boolean[] pockets, boolean[] torsionsThatExist, int torsions, int wells) {
    }

    static LossTarget of(Batch batch, LossConfig config) {
        Torsions torsions = Torsions.of(batch.types(), batch.atom14(), batch.present(), batch.breakBefore());
        BackboneFrames frames = BackboneFrames.of(batch.atom14(), batch.present());
        boolean[] placed = new boolean[batch.present().length];
        boolean[] compared = new boolean[placed.length];
        for (int a = 0; a < placed.length; a++) {
            placed[a] = frames.mask()[a / SLOTS] && ResidueConstants.exists(batch.types()[a / SLOTS], a % SLOTS);
            compared[a] = placed[a] && batch.present()[a];
        }
        ClashSystem clashes = config.clash() == 0 ? null : ComplexClashes.of(batch, placed);
        int[] wells = wells(torsions);
        Packing packing = batch.residues();
        double[] framesIn = new double[packing.count()];
        boolean[] pockets = new boolean[packing.count()];
        for (int s = 0; s < packing.count(); s++) {
            boolean any = count(compared, packing.start(s) * SLOTS, packing.end(s) * SLOTS) > 0;
            framesIn[s] = any ? count(frames.mask(), packing.start(s), packing.end(s)) : 0;
            pockets[s] = Arrays.stream(batch.pocketWeights(), packing.start(s), packing.end(s)).anyMatch(weight -> weight > 0);
        }
        double[] clashing = clashes == null ? null : IntStream.range(0, packing.count()).mapToDouble(clashes::countedIn).toArray();
        boolean[] exist = torsionsThatExist(batch.types());
        Counts counts = new Counts(framesIn, clashing, pockets, exist, count(exist, 0, exist.length),
                (int) Arrays.stream(wells).filter(well -> well >= 0).count());
        return new LossTarget(batch, torsions, wells, frames, new Fape.Target(frames, batch.atom14(), compared), clashes, batch.pocketWeights(), counts);
    }

    private static int[] wells(Torsions torsions) {
        int residues = torsions.mask().length / ResidueConstants.TORSIONS;
        return IntStream.range(0, residues).map(i -> {
            int chi1 = i * ResidueConstants.TORSIONS + CHI1;
            double angle = StrictMath.atan2(torsions.sinCos()[2 * chi1], torsions.sinCos()[2 * chi1 + 1]);
            return torsions.mask()[chi1] ? RotamerWell.of(angle).ordinal() : -1;
        }).toArray();
    }

    private static boolean[] torsionsThatExist(int[] types) {
        boolean[] exist = new boolean[types.length * ResidueConstants.TORSIONS];
        for (int i = 0; i < exist.length; i++) {
            int torsion = i % ResidueConstants.TORSIONS;
            exist[i] = torsion < CHI1 || torsion - CHI1 < ResidueConstants.chiCount(types[i / ResidueConstants.TORSIONS]);
        }
        return exist;
    }

    private static int count(boolean[] flags, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += flags[i] ? 1 : 0;
        }
        return count;
    }

    Packing packing() {
        return batch.residues();
    }

    /**
     * How much the torsions of each residue count when the pocket is in focus by κ [T]. Without a pocket all residues of a sample count as they do before the
     * warm-up.
     */
    double[] torsionWeights(double focus) {
        double[] weights = new double[pocketWeights.length];
        for (int s = 0; s < packing().count(); s++) {
            double kappa = counts.pockets()[s] ? focus : 0;
            for (int i = packing().start(s); i < packing().end(s); i++) {
                weights[i] = kappa * pocketWeights[i] + (1 - kappa) * LossConfig.FLOOR;
            }
        }
        return weights;
    }

    /** The sum of these weights over the residues that have each torsion and know it [7]. */
    double[] torsionDenominators(double[] weights) {
        double[] sums = new double[ResidueConstants.TORSIONS];
        boolean[] known = torsions.mask();
        for (int i = 0, torsion = 0; i < weights.length; i++) {
            for (int c = 0; c < sums.length; c++, torsion++) {
                sums[c] += known[torsion] ? weights[i] : 0;
            }
        }
        return sums;
    }
}
