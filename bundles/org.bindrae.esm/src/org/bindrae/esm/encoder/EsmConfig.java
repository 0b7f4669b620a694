package org.bindrae.esm.encoder;

import java.io.IOException;
import java.nio.file.Path;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * The sizes of an ESM-2 encoder.
 *
 * @param width numbers per residue
 * @param heads of the attention, which divide the width evenly
 * @param intermediate width between the two linear maps of a block's perceptron
 * @param eps of all layer norms
 * @param positions tokens it was trained with at most, and two more
 * @param tokenDropout whether embeddings are scaled as if tokens had been masked in training
 * @param rotaryBase the angles of pair c of a head of d columns are position · base^(−2c/d)
 */
public record EsmConfig(int layers, int width, int heads, int intermediate, double eps, int positions, boolean tokenDropout, double rotaryBase) {
    private static final double EPS = 1e-5;
    private static final int POSITIONS = 1026;
    private static final double ROTARY_BASE = 10_000;
    /** Rows of positions that the layout counts but no token takes: it starts after the number of the padding token. */
    private static final int UNUSED_POSITIONS = 2;
    private static final JsonMapper JSON = new JsonMapper();

    /** The published models. */
    public enum Published {
        T6_8M(6, 320, 20), T12_35M(12, 480, 20), T30_150M(30, 640, 20), T33_650M(33, 1280, 20), T36_3B(36, 2560, 40), T48_15B(48, 5120, 40);

        private final EsmConfig config;

        Published(int layers, int width, int heads) {
            this.config = of(layers, width, heads);
        }

        public EsmConfig config() {
            return config;
        }
    }

    public EsmConfig {
        if (layers < 1 || width < 1 || heads < 1 || intermediate < 1 || width % heads != 0 || width / heads % 2 != 0) {
            throw new IllegalArgumentException(layers + " layers of " + width + " numbers in " + heads + " heads, " + intermediate
                    + " within: all must be positive, and heads must have an even number of columns");
        }
        if (positions <= UNUSED_POSITIONS + Alphabet.END_TOKENS || !(eps > 0) || !(rotaryBase > 1)) {
            throw new IllegalArgumentException(positions + " positions, eps " + eps + ", rotary base " + rotaryBase + " make no encoder");
        }
    }

    /** What all published models share, with these sizes. */
    public static EsmConfig of(int layers, int width, int heads) {
        return new EsmConfig(layers, width, heads, 4 * width, EPS, POSITIONS, true, ROTARY_BASE);
    }

    /** Residues of a sequence that the model was trained with at most. */
    public int longest() {
        return positions - UNUSED_POSITIONS - Alphabet.END_TOKENS;
    }

    /** Scalars of the encoder. */
    public long parameters() {
        return ParameterNames.all(this).values().stream().mapToLong(shape -> shape.size()).sum();
    }

    /** The name of the published model of these sizes, or one like it. */
    public String name() {
        for (Published published : Published.values()) {
            EsmConfig config = published.config;
            if (config.layers == layers && config.width == width && config.heads == heads) {
                return "esm2_" + published.name().replaceFirst("T", "t");
            }
        }
        return "esm2_t" + layers + "_" + width;
    }

    /**
     * Reads {@code config.json} of a model in the layout of Hugging Face.
     *
     * @throws IOException naming the file and the key, when it is of another architecture or tokenizer
     */
    public static EsmConfig read(Path file) throws IOException {
        JsonNode json;
        try {
            json = JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": is no valid JSON: " + e.getOriginalMessage(), e);
        }
        var reader = new Reader(file, json);
        reader.require("model_type", "esm", "this is no ESM-2 model");
        reader.require("position_embedding_type", "rotary", "this is no ESM-2 model, which has rotary positions");
        reader.require("is_folding_model", "false", "ESMFold is another model; take the ESM-2 that it was made from");
        reader.require("emb_layer_norm_before", "false", "this is no ESM-2 model");
        reader.require("hidden_act", "gelu", "ESM-2 has exact GELU");
        reader.require("vocab_size", Integer.toString(Alphabet.SIZE), "the alphabet of ESM-2 is another one");
        reader.require("mask_token_id", Integer.toString(Alphabet.MASK), "the alphabet of ESM-2 is another one");
        reader.require("pad_token_id", Integer.toString(Alphabet.PADDING), "the alphabet of ESM-2 is another one");
        try {
            return new EsmConfig(reader.number("num_hidden_layers"), reader.number("hidden_size"), reader.number("num_attention_heads"),
                    reader.number("intermediate_size"), json.path("layer_norm_eps").asDouble(EPS), json.path("max_position_embeddings").asInt(POSITIONS),
                    json.path("token_dropout").asBoolean(false), json.path("rope_theta").asDouble(ROTARY_BASE));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private record Reader(Path file, JsonNode json) {
        /** That a value is the one given, where the file has it. */
        void require(String key, String value, String meaning) throws IOException {
            JsonNode node = json.path(key);
            boolean optional = !key.equals("model_type") && !key.equals("position_embedding_type");
            if (node.isMissingNode() || node.isNull() ? !optional : !node.asText().equals(value)) {
                throw new IOException(
                        file + ": " + key + " is " + (node.isMissingNode() ? "missing" : node) + " where \"" + value + "\" is needed: " + meaning);
            }
        }

        int number(String key) throws IOException {
            JsonNode node = json.path(key);
            if (!node.isInt()) {
                throw new IOException(file + ": " + key + " is " + (node.isMissingNode() ? "missing" : node) + " where a whole number is needed");
            }
            return node.intValue();
        }
    }
}
