package org.example.embedding.window;

import java.util.List;

import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.geometry.ResidueConstants;
import org.osgi.service.component.annotations.Component;

/**
 * The type of a residue, one-hot, and then the fraction of each type among the residues up to {@value #REACH} before and after it in its chain. Types are in
 * the order of {@link ResidueConstants#LETTERS}, then unknown.
 */
@Component
public final class WindowEmbedder implements ResidueEmbedder {
    private static final int REACH = 7;
    private static final int TYPES = ResidueConstants.TYPES + 1;

    @Override
    public String name() {
        return "window";
    }

    @Override
    public int width(EmbeddingConfig config) {
        return 2 * TYPES;
    }

    @Override
    public float[] embed(Sample sample, EmbeddingConfig config) {
        ResidueTable table = sample.residues();
        float[] embeddings = new float[table.size() * width(config)];
        for (int i = 0; i < table.size(); i++) {
            int row = i * width(config);
            embeddings[row + table.types()[i]] = 1;
            int from = end(table.ids(), i, -1);
            int to = end(table.ids(), i, 1);
            for (int j = from; j <= to; j++) {
                embeddings[row + TYPES + table.types()[j]] += 1f / (to - from + 1);
            }
        }
        return embeddings;
    }

    /** The residue farthest from i in one direction that is within reach and in the same chain. */
    private static int end(List<ResidueId> ids, int i, int step) {
        int end = i;
        while (end != i + step * REACH && end + step >= 0 && end + step < ids.size() && ids.get(end + step).chain().equals(ids.get(i).chain())) {
            end += step;
        }
        return end;
    }
}
