package org.bindrae.training;

import java.util.Arrays;
import java.util.stream.IntStream;

import org.bindrae.data.Batch;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.tensor.Packing;

/**
 * What the losses compare a prediction with: everything that depends on the true structures alone, computed once per batch. T residues of B samples.
 *
 * @param torsions true torsions, masked where unknown
 * @param wells χ1 well of each residue [T] as the ordinal of {@link RotamerWell}, −1 where there is none or it is unknown
 * @param frames true backbone frames
 * @param atoms atoms that are compared [T, 14]: known, placed by the network, of a residue with its own frame
 * @param clashes overlaps that count; null when that term is switched off
 * @param pocketWeights [T]
 */
record LossTarget(Batch batch, Torsions torsions, int[] wells, BackboneFrames frames, boolean[] atoms, ClashSystem clashes, double[] pocketWeights) {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CHI1 = 3;

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
        return new LossTarget(batch, torsions, wells(torsions), frames, compared, clashes, batch.pocketWeights());
    }

    private static int[] wells(Torsions torsions) {
        int residues = torsions.mask().length / ResidueConstants.TORSIONS;
        return IntStream.range(0, residues).map(i -> {
            int chi1 = i * ResidueConstants.TORSIONS + CHI1;
            double angle = StrictMath.atan2(torsions.sinCos()[2 * chi1], torsions.sinCos()[2 * chi1 + 1]);
            return torsions.mask()[chi1] ? RotamerWell.of(angle).ordinal() : -1;
        }).toArray();
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
            boolean pocket = Arrays.stream(pocketWeights, packing().start(s), packing().end(s)).anyMatch(weight -> weight > 0);
            double kappa = pocket ? focus : 0;
            for (int i = packing().start(s); i < packing().end(s); i++) {
                weights[i] = kappa * pocketWeights[i] + (1 - kappa) * LossConfig.FLOOR;
            }
        }
        return weights;
    }

    /** Which torsions the types of the residues have [T, 7]. */
    boolean[] torsionsThatExist() {
        boolean[] exist = new boolean[torsions.mask().length];
        for (int i = 0; i < exist.length; i++) {
            int torsion = i % ResidueConstants.TORSIONS;
            exist[i] = torsion < CHI1 || torsion - CHI1 < ResidueConstants.chiCount(batch.types()[i / ResidueConstants.TORSIONS]);
        }
        return exist;
    }

    /** Number of frames of a sample; 0 where there is no atom to compare. */
    int framesIn(int sample) {
        Packing packing = packing();
        boolean any = IntStream.range(packing.start(sample) * SLOTS, packing.end(sample) * SLOTS).anyMatch(a -> atoms[a]);
        return any ? (int) IntStream.range(packing.start(sample), packing.end(sample)).filter(i -> frames.mask()[i]).count() : 0;
    }

    /** Number of atoms of a sample that can clash. */
    int clashingAtomsIn(int sample) {
        Packing packing = packing();
        return (int) IntStream.range(packing.start(sample) * SLOTS, packing.end(sample) * SLOTS).filter(a -> clashes.counted()[a]).count();
    }
}
