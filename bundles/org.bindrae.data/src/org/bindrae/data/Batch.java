package org.bindrae.data;

import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.tensor.Packing;

/**
 * Samples laid end to end. T residues and M ligand tokens of B samples. Coordinates are Å relative to {@link #origins()}, so that a molecule far off its file's origin loses nothing in
 * single precision.
 *
 * @param residues how the residues are packed
 * @param tokens how the ligand tokens are packed, by the same samples
 * @param origins subtracted from the coordinates of each sample [B, 3], Å: the mean of its Cα
 * @param types residue types [T]
 * @param atom14 positions [T, 14, 3], centred; 0 where unknown
 * @param present which positions are known [T, 14]
 * @param breakBefore whether residue i is not bonded to residue i − 1 [T]
 * @param tokenPositions [M, 3], centred
 * @param tokenFeatures [M, {@link LigandTokens#WIDTH}]
 * @param hetero atoms of ligands and surroundings, by the same samples
 */
public record Batch(List<Sample> samples, Packing residues, Packing tokens, double[] origins, int[] types, double[] atom14, boolean[] present,
        boolean[] breakBefore,
        double[] tokenPositions, float[] tokenFeatures, Hetero hetero) {

    /**
     * All heavy atoms that are not part of a protein: of each sample first its ligand's, none left out, then its surroundings. H atoms.
     *
     * @param packing how the atoms are packed
     * @param positions [H, 3], Å, centred
     * @param elements places in {@link ElementClass} [H]
     * @param ofLigand which are of the ligand [H]
     */
    public record Hetero(Packing packing, double[] positions, int[] elements, boolean[] ofLigand) {
        private static Hetero of(List<Sample> samples, double[] origins) {
            Packing packing = Packing.ofLengths(samples.stream().mapToInt(s -> s.ligand().atoms().size() + s.surroundings().size()).toArray());
            Hetero hetero = new Hetero(packing, new double[3 * packing.total()], new int[packing.total()], new boolean[packing.total()]);
            for (int s = 0; s < samples.size(); s++) {
                HeteroAtoms ligand = HeteroAtoms.of(samples.get(s).ligand());
                int start = packing.start(s);
                Arrays.fill(hetero.ofLigand, start, start + ligand.size(), true);
                hetero.put(ligand, start, origins, s);
                hetero.put(samples.get(s).surroundings(), start + ligand.size(), origins, s);
            }
            return hetero;
        }

        private void put(HeteroAtoms atoms, int start, double[] origins, int sample) {
            System.arraycopy(atoms.elements(), 0, elements, start, atoms.size());
            for (int i = 0; i < atoms.positions().length; i++) {
                positions[3 * start + i] = atoms.positions()[i] - origins[3 * sample + i % 3];
            }
        }
    }

    /** Packs samples in the order given. */
    public static Batch of(List<Sample> samples) {
        Packing residues = Packing.ofLengths(samples.stream().mapToInt(s -> s.residues().size()).toArray());
        Packing tokens = Packing.ofLengths(samples.stream().mapToInt(s -> s.tokens().size()).toArray());
        int slots = ResidueConstants.SLOTS;
        double[] origins = new double[3 * samples.size()];
        int[] types = new int[residues.total()];
        double[] atom14 = new double[types.length * slots * 3];
        boolean[] present = new boolean[types.length * slots];
        boolean[] breakBefore = new boolean[types.length];
        double[] tokenPositions = new double[3 * tokens.total()];
        float[] tokenFeatures = new float[LigandTokens.WIDTH * tokens.total()];
        for (int s = 0; s < samples.size(); s++) {
            ResidueTable table = samples.get(s).residues();
            LigandTokens ligand = samples.get(s).tokens();
            double[] origin = meanCa(table);
            System.arraycopy(origin, 0, origins, 3 * s, 3);
            int start = residues.start(s);
            System.arraycopy(table.types(), 0, types, start, table.size());
            System.arraycopy(table.breakBefore(), 0, breakBefore, start, table.size());
            System.arraycopy(table.present(), 0, present, start * slots, table.size() * slots);
            for (int i = 0; i < table.atom14().length; i++) {
                if (table.present()[i / 3]) {
                    atom14[start * slots * 3 + i] = table.atom14()[i] - origin[i % 3];
                }
            }
            for (int i = 0; i < ligand.positions().length; i++) {
                tokenPositions[3 * tokens.start(s) + i] = ligand.positions()[i] - origin[i % 3];
            }
            System.arraycopy(ligand.features(), 0, tokenFeatures, LigandTokens.WIDTH * tokens.start(s), ligand.features().length);
        }
        return new Batch(List.copyOf(samples), residues, tokens, origins, types, atom14, present, breakBefore, tokenPositions, tokenFeatures,
                Hetero.of(samples, origins));
    }

    private static double[] meanCa(ResidueTable table) {
        double[] mean = new double[3];
        int count = 0;
        for (int i = 0; i < table.size(); i++) {
            int atom = i * ResidueConstants.SLOTS + ResidueConstants.CA;
            if (table.present()[atom]) {
                count++;
                for (int axis = 0; axis < 3; axis++) {
                    mean[axis] += table.atom14()[3 * atom + axis];
                }
            }
        }
        int known = Math.max(1, count);
        return Arrays.stream(mean).map(sum -> sum / known).toArray();
    }

    /** Pocket weights of all residues [T]. */
    public double[] pocketWeights() {
        return samples.stream().flatMapToDouble(s -> Arrays.stream(s.pocketWeight())).toArray();
    }
}
