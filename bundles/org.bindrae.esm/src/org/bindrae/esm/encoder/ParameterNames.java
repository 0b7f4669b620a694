package org.bindrae.esm.encoder;

import java.util.LinkedHashMap;
import java.util.Map;

import org.bindrae.tensor.Shape;

/** The names of the encoder's parameters in the layout of Hugging Face, without the prefix that models with a head put before them. */
final class ParameterNames {
    /** Before the names where the file holds more than the encoder. */
    static final String PREFIX = "esm.";
    static final String EMBEDDING = "embeddings.word_embeddings.weight";
    static final String FINAL_NORM = "encoder.emb_layer_norm_after";
    static final String ATTENTION_NORM = "attention.LayerNorm";
    static final String QUERY = "attention.self.query";
    static final String KEY = "attention.self.key";
    static final String VALUE = "attention.self.value";
    static final String ATTENTION_OUTPUT = "attention.output.dense";
    static final String PERCEPTRON_NORM = "LayerNorm";
    static final String INNER = "intermediate.dense";
    static final String OUTER = "output.dense";
    static final String WEIGHT = ".weight";
    static final String BIAS = ".bias";

    private ParameterNames() {
    }

    /** The scope of a layer. */
    static String layer(int number) {
        return "encoder.layer." + number + ".";
    }

    /** A name that older files have instead; the name itself where there is none. */
    static String older(String name) {
        return name.contains("LayerNorm") ? name.replace("LayerNorm" + WEIGHT, "LayerNorm.gamma").replace("LayerNorm" + BIAS, "LayerNorm.beta") : name;
    }

    /** All parameters of an encoder with their shapes, in the order in which it needs them. */
    static Map<String, Shape> all(EsmConfig config) {
        Map<String, Shape> all = new LinkedHashMap<>();
        int width = config.width();
        all.put(EMBEDDING, Shape.of(Alphabet.SIZE, width));
        for (int i = 0; i < config.layers(); i++) {
            String layer = layer(i);
            norm(all, layer + ATTENTION_NORM, width);
            linear(all, layer + QUERY, width, width);
            linear(all, layer + KEY, width, width);
            linear(all, layer + VALUE, width, width);
            linear(all, layer + ATTENTION_OUTPUT, width, width);
            norm(all, layer + PERCEPTRON_NORM, width);
            linear(all, layer + INNER, width, config.intermediate());
            linear(all, layer + OUTER, config.intermediate(), width);
        }
        norm(all, FINAL_NORM, width);
        return all;
    }

    private static void norm(Map<String, Shape> all, String name, int width) {
        all.put(name + WEIGHT, Shape.of(width));
        all.put(name + BIAS, Shape.of(width));
    }

    private static void linear(Map<String, Shape> all, String name, int in, int out) {
        all.put(name + WEIGHT, Shape.of(out, in));
        all.put(name + BIAS, Shape.of(out));
    }
}
