package org.bindrae.esm;

import java.util.List;
import java.util.stream.Collectors;

/** The choice among sources of embeddings. */
public record ResidueEmbedders(List<ResidueEmbedder> all) {
    public ResidueEmbedders {
        all = List.copyOf(all);
    }

    /**
     * The source of a configuration, where that says {@link EmbeddingConfig#AUTO} the best that is configured.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists those there are
     */
    public ResidueEmbedder choose(EmbeddingConfig config) {
        String source = config.resolvedSource();
        return all.stream().filter(embedder -> embedder.name().equals(source)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "no source of residue embeddings is called '" + source + "'; installed are "
                        + all.stream().map(ResidueEmbedder::name).sorted().collect(Collectors.joining(", "))));
    }
}
