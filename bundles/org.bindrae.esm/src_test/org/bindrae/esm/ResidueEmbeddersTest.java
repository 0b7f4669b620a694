package org.bindrae.esm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;

import org.bindrae.esm.internal.PrecomputedEmbedder;
import org.bindrae.esm.internal.SequenceEmbedder;
import org.junit.jupiter.api.Test;

class ResidueEmbeddersTest {
    private final ResidueEmbedders embedders = new ResidueEmbedders(List.of(new SequenceEmbedder(), new PrecomputedEmbedder()));

    @Test
    void defaultsNeedNoFiles() {
        assertInstanceOf(SequenceEmbedder.class, embedders.choose(EmbeddingConfig.defaults()));
    }

    @Test
    void anUnknownSourceIsAnErrorThatListsTheKnown() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> embedders.choose(new EmbeddingConfig("esm3", "", 0)));
        assertEquals("no source of residue embeddings is called 'esm3'; installed are precomputed, sequence", e.getMessage());
    }
}
