package org.bindrae.esm.internal;

import java.util.List;

import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.osgi.service.component.annotations.Component;

/**
 * Features of the sequence, for those who have no language model at hand. Columns:
 * <ol start="0">
 * <li value="0">to 20: type, one-hot in the order of {@link org.bindrae.geometry.ResidueConstants#LETTERS}, then unknown
 * <li value="21">hydropathy / 4.5 (Kyte and Doolittle 1982)
 * <li value="22">(volume − 140 Å³) / 40 Å³ (Zamyatnin 1972)
 * <li value="23">charge at pH 7; 24 and 25: the side chain donates, accepts hydrogen bonds; 26: aromatic; 27: has sulfur; 28: branched at CB
 * <li value="29">helix propensity, kcal/mol (Pace and Scholtz 1998)
 * <li value="30">to 49: row of BLOSUM62 / 4
 * <li value="50">place in the chain, 0 at its start to 1 at its end
 * <li value="51">and 52: d / (d + 20), d residues from the start and the end of the chain
 * <li value="53">and 54: not bonded to the residue before, to the residue after
 * </ol>
 */
@Component
public final class SequenceEmbedder implements ResidueEmbedder {
    /** Number of columns. */
    public static final int WIDTH = ResidueFeatures.WIDTH + 5;

    private static final float HALF_DISTANCE = 20;

    @Override
    public String name() {
        return EmbeddingConfig.SEQUENCE;
    }

    @Override
    public int width(EmbeddingConfig config) {
        return WIDTH;
    }

    @Override
    public float[] embed(Sample sample, EmbeddingConfig config) {
        ResidueTable table = sample.residues();
        float[] features = new float[table.size() * WIDTH];
        for (int i = 0; i < table.size(); i++) {
            ResidueFeatures.store(table.types()[i], features, i * WIDTH);
        }
        int start = 0;
        while (start < table.size()) {
            int end = endOfChain(table.ids(), start);
            storePlaces(table.breakBefore(), start, end, features);
            start = end;
        }
        return features;
    }

    private static int endOfChain(List<ResidueId> ids, int start) {
        int end = start + 1;
        while (end < ids.size() && ids.get(end).chain().equals(ids.get(start).chain())) {
            end++;
        }
        return end;
    }

    private static void storePlaces(boolean[] breakBefore, int start, int end, float[] features) {
        for (int i = start; i < end; i++) {
            int at = i * WIDTH + ResidueFeatures.WIDTH;
            int before = i - start;
            int after = end - 1 - i;
            features[at] = before + after == 0 ? 0 : (float) before / (before + after);
            features[at + 1] = before / (before + HALF_DISTANCE);
            features[at + 2] = after / (after + HALF_DISTANCE);
            features[at + 3] = before == 0 || breakBefore[i] ? 1 : 0;
            features[at + 4] = after == 0 || breakBefore[i + 1] ? 1 : 0;
        }
    }
}
