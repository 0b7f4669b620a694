package org.bindrae.training.packing;

import java.util.Arrays;
import java.util.List;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.StericPotential;
import org.bindrae.training.packing.EnergyGraph.Edge;
import org.bindrae.training.packing.RotamerCandidates.Candidate;

/**
 * Places side chains so that they fit together: of each residue's candidates one, so that −ln of their probabilities and the weighted overlaps of their atoms
 * with one another, with backbones, with the ligand and with residues that stay as they are have the least sum. Overlaps of bonded atoms and of those two or
 * three bonds apart do not count, nor those of sulfurs that can form a disulfide bond. Depends on no given side chain of a residue with candidates. The same
 * input gives the same result.
 */
public final class SideChainPacking {
    private static final LeastEnergy.Limits LIMITS = new LeastEnergy.Limits(1_000_000, 20_000, 20_000_000);

    private final Settings settings;

    /**
     * What overlaps cost.
     *
     * @param potential of two atoms
     * @param weight of a whole overlap, as −ln of a probability
     */
    public record Settings(StericPotential potential, double weight) {
        public Settings {
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException("a weight of overlaps of " + weight + "; it must not be negative");
            }
        }

        /** What gave the best χ1 on a validation part, with frequencies of rotamers as probabilities; anything near is about as good. */
        public static Settings defaults() {
            return new Settings(new StericPotential(0.2, 0.75), 2);
        }
    }

    private SideChainPacking(Settings settings) {
        this.settings = settings;
    }

    public static SideChainPacking of(Settings settings) {
        return new SideChainPacking(settings);
    }

    /**
     * Chooses side chains.
     *
     * @throws IllegalArgumentException when candidates are not of this sample: other residues, other numbers of χ angles, or for a residue of unknown type or
     *             without a backbone
     */
    public PackedSideChains pack(Sample sample, RotamerCandidates candidates) {
        check(sample, candidates);
        CandidateAtoms atoms = new CandidateAtoms(sample.residues(), candidates);
        ContactEnergies contacts = new ContactEnergies(sample, atoms, settings.potential());
        double[][] scores = new double[atoms.nodes()][];
        double[][] repulsions = new double[atoms.nodes()][];
        for (int node = 0; node < atoms.nodes(); node++) {
            scores[node] = candidates.ofResidues().get(atoms.residue(node)).stream().mapToDouble(Candidate::score).toArray();
            repulsions[node] = contacts.self(node);
        }
        EnergyGraph score = new EnergyGraph(scores, List.of());
        EnergyGraph repulsion = new EnergyGraph(repulsions, contacts.edges());
        int[] likeliest = new int[atoms.nodes()];
        LeastEnergy least = LeastEnergy.of(weighted(score, repulsion), likeliest, LIMITS);
        int[] choice = new int[sample.residues().size()];
        Arrays.fill(choice, -1);
        int changed = 0;
        int proven = 0;
        for (int node = 0; node < atoms.nodes(); node++) {
            choice[atoms.residue(node)] = least.choice()[node];
            changed += least.choice()[node] > 0 ? 1 : 0;
            proven += least.proven()[node] ? 1 : 0;
        }
        return new PackedSideChains(choice, candidates, changed, proven, energy(score, repulsion, likeliest), energy(score, repulsion, least.choice()));
    }

    private static void check(Sample sample, RotamerCandidates candidates) {
        ResidueTable table = sample.residues();
        if (candidates.ofResidues().size() != table.size()) {
            throw new IllegalArgumentException("candidates of " + candidates.ofResidues().size() + " residues, but " + sample.id() + " has " + table.size());
        }
        boolean[] framed = BackboneFrames.of(table.atom14(), table.present()).mask();
        for (int i = 0; i < table.size(); i++) {
            int type = table.types()[i];
            for (Candidate candidate : candidates.ofResidues().get(i)) {
                if (type == ResidueConstants.UNKNOWN || !framed[i]) {
                    throw new IllegalArgumentException("residue " + table.ids().get(i) + " of " + sample.id()
                            + " has candidates, but is of unknown type or lacks N, CA or C");
                }
                if (candidate.chi().length != ResidueConstants.chiCount(type)) {
                    throw new IllegalArgumentException("a candidate of residue " + table.ids().get(i) + " of " + sample.id() + " has " + candidate.chi().length
                            + " χ angles, but " + ResidueConstants.code(type) + " has " + ResidueConstants.chiCount(type));
                }
            }
        }
    }

    private EnergyGraph weighted(EnergyGraph score, EnergyGraph repulsion) {
        double[][] self = new double[score.size()][];
        Arrays.setAll(self, node -> weighted(repulsion.self()[node]));
        for (int node = 0; node < self.length; node++) {
            double[] scores = score.self()[node];
            for (int c = 0; c < scores.length; c++) {
                self[node][c] += scores[c];
            }
        }
        return new EnergyGraph(self, repulsion.edges().stream()
                .map(edge -> new Edge(edge.first(), edge.second(), Arrays.stream(edge.energies()).map(this::weighted).toArray(double[][]::new))).toList());
    }

    private double[] weighted(double[] repulsions) {
        return Arrays.stream(repulsions).map(repulsion -> settings.weight() * repulsion).toArray();
    }

    private PackedSideChains.Energy energy(EnergyGraph score, EnergyGraph repulsion, int[] choice) {
        double scores = score.energy(choice);
        double repulsions = repulsion.energy(choice);
        return new PackedSideChains.Energy(scores, repulsions, scores + settings.weight() * repulsions);
    }
}
