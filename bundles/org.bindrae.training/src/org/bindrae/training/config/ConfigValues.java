package org.bindrae.training.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Turns a tree of JSON into flat keys such as {@code training.epochs} and back. Values are Boolean, Long, Double and String where the schema asks for these;
 * what is none of them stays as it is, so that the schema can refuse it.
 */
record ConfigValues(JsonMapper mapper, ConfigSchema schema) {
    /** What services and tools keep beside the settings in the properties of a configuration. */
    private static final Pattern HOUSEKEEPING = Pattern.compile("(service|component|felix|osgi|org|com)\\..*|[^A-Za-z].*");

    /** The keys of a tree, in its order. */
    Map<String, Object> flat(ObjectNode tree) {
        Map<String, Object> values = new LinkedHashMap<>();
        flatten(tree, "", values);
        return values;
    }

    private void flatten(ObjectNode tree, String prefix, Map<String, Object> values) {
        for (Map.Entry<String, JsonNode> field : tree.properties()) {
            String key = prefix + field.getKey();
            if (field.getValue() instanceof ObjectNode inner) {
                flatten(inner, key + ".", values);
            } else {
                values.put(key, typed(key, field.getValue()));
            }
        }
    }

    private Object typed(String key, JsonNode value) {
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return schema.type(key).equals("number") ? (Object) value.doubleValue() : value.longValue();
        }
        return value.isNumber() ? value.doubleValue() : mapper.convertValue(value, Object.class);
    }

    /**
     * The settings among the properties of a service or configuration. Text becomes a number or truth value where the key is one: some tools know text only.
     */
    Map<String, Object> of(Map<String, ?> properties) {
        Map<String, Object> values = new LinkedHashMap<>();
        properties.forEach((key, value) -> {
            if (!HOUSEKEEPING.matcher(key).matches()) {
                values.put(key, typed(key, value instanceof String text && !schema.type(key).equals("string") ? parsed(text) : mapper.valueToTree(value)));
            }
        });
        return values;
    }

    private JsonNode parsed(String text) {
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            return mapper.getNodeFactory().textNode(text);
        }
    }

    /** Puts values into a tree. */
    void put(Map<String, Object> values, ObjectNode tree) {
        values.forEach((key, value) -> {
            ObjectNode at = tree;
            String[] names = key.split("\\.", -1);
            for (int i = 0; i < names.length - 1; i++) {
                JsonNode held = at.get(names[i]);
                if (held != null && !held.isObject()) {
                    // the value of a section, which the schema refuses
                    return;
                }
                at = held == null ? at.putObject(names[i]) : (ObjectNode) held;
            }
            at.set(names[names.length - 1], mapper.valueToTree(value));
        });
    }
}
