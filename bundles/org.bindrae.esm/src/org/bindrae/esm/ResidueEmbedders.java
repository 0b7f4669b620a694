package org.bindrae.esm;

import java.util.List;
import java.util.stream.Collectors;

/** The choice among sources of embeddings. */
public record ResidueEmbedders(List<ResidueEmbedder> all) {
    public ResidueEmbedders {
        all = List.copyOf(all);
    }

    /**
     * The source of a configuration.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists those there are
     */
    public ResidueEmbedder choose(EmbeddingConfig config) {
        return all.stream().filter(embedder -> embedder.name().equals(config.source())).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "no source of residue embeddings is called '" + config.source() + "'; installed are "
                        + all.stream().map(ResidueEmbedder::name).sorted().collect(Collectors.joining(", "))));
    }
}
