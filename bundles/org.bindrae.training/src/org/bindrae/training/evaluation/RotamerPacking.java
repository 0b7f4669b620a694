package org.bindrae.training.evaluation;

import java.util.List;
import java.util.Locale;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.training.RotamerWell;
import org.bindrae.training.packing.PackedSideChains;
import org.bindrae.training.packing.RotamerCandidates.Candidate;
import org.bindrae.training.packing.SideChainPacking;
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.PredictionMethod;
import org.bindrae.training.prediction.Repacking;

/**
 * The classical way to place side chains: conformations as frequent as in the training samples, chosen so that they fit together and around the ligand. Its
 * confidence is the frequency of the well of χ1 for the residue's type and backbone. A type that the training samples lack is not predicted.
 */
public final class RotamerPacking implements PredictionMethod {
    private static final int CHI1 = 3;

    private final RotamerLibrary library;
    private final SideChainPacking packing;
    private long packed;
    private long changed;
    private long proven;

    RotamerPacking(RotamerLibrary library, SideChainPacking packing) {
        this.library = library;
        this.packing = packing;
    }

    @Override
    public String name() {
        return "rotamer packing";
    }

    @Override
    public List<Prediction> predict(List<Sample> samples) {
        return samples.stream().map(this::predict).toList();
    }

    /** Over all predictions. */
    @Override
    public List<String> notes() {
        return packed == 0 ? List.of() : List.of(String.format(Locale.ROOT, "%d of %d residues have another rotamer than the most frequent one; "
                + "%.1f %% of all are proven to be part of a best choice", changed, packed, 100.0 * proven / packed));
    }

    private Prediction predict(Sample sample) {
        ResidueTable table = sample.residues();
        PackedSideChains sideChains = packing.pack(sample, library.candidates(table, Repacking.possible(table)));
        packed += sideChains.packed();
        changed += sideChains.changed();
        proven += sideChains.proven();
        double[] given = Torsions.of(table.types(), table.atom14(), table.present(), table.breakBefore()).sinCos();
        Prediction none = Prediction.none(sample);
        for (int i = 0; i < table.size(); i++) {
            none.predicted()[i] = sideChains.choice()[i] >= 0;
            if (none.predicted()[i]) {
                int first = 2 * ResidueConstants.TORSIONS * i;
                System.arraycopy(given, first, none.torsions(), first, 2 * CHI1);
                // (sin, cos) of 0 where there is no χ
                for (int t = CHI1; t < ResidueConstants.TORSIONS; t++) {
                    none.torsions()[first + 2 * t] = 0;
                    none.torsions()[first + 2 * t + 1] = 1;
                }
                none.confidence()[i] = confidence(sideChains.candidates().ofResidues().get(i), sideChains.chosen(i));
            }
        }
        sideChains.store(none.torsions());
        return new Prediction(sample, Repacking.atoms(table, none.torsions(), none.predicted()), none.predicted(), none.torsions(), none.confidence());
    }

    private static double confidence(List<Candidate> candidates, Candidate chosen) {
        double all = candidates.stream().mapToDouble(Candidate::probability).sum();
        return chosen.chi().length == 0 ? 1 : candidates.stream().filter(other -> RotamerWell.of(other.chi()[0]) == RotamerWell.of(chosen.chi()[0]))
                .mapToDouble(Candidate::probability).sum() / all;
    }
}
