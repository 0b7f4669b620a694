package org.bindrae.esm;

/**
 * What tells a language model from another.
 *
 * @param name for people
 * @param hash over its configuration and weights, hexadecimal
 * @param width numbers per residue
 */
public record LanguageModel(String name, String hash, int width) {
    private static final int SHORT = 12;

    /** Name and the beginning of the hash: what checkpoints and folders of embeddings remember. */
    public String id() {
        return name + "-" + hash.substring(0, Math.min(SHORT, hash.length()));
    }
}
