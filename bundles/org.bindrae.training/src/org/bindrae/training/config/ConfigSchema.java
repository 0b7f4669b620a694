package org.bindrae.training.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.AnnotationKeyword;

/** The JSON Schema of the configuration: which keys there are, what they mean and which values they take. Defaults are the records'. */
public final class ConfigSchema {
    private static final String RESOURCE = "workbench-config.schema.json";

    /** Our keyword: whether a value may change during a run. */
    private static final String LIVE = "x-live";

    private final JsonNode root;
    private final Schema validator;

    ConfigSchema(ObjectMapper mapper) {
        try (InputStream in = ConfigSchema.class.getResourceAsStream(RESOURCE)) {
            this.root = mapper.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
        Dialect dialect = Dialect.builder(Dialects.getDraft202012()).keyword(new AnnotationKeyword(LIVE)).build();
        this.validator = SchemaRegistry.withDefaultDialect(dialect).getSchema(root);
    }

    /** The schema as JSON. */
    public JsonNode json() {
        return root;
    }

    /** The schema of a key inside an object's schema, or null. */
    static JsonNode property(JsonNode schema, String key) {
        return schema == null ? null : schema.path("properties").get(key);
    }

    /** Whether a value may change during a run. */
    static boolean live(JsonNode schema) {
        return schema.path(LIVE).asBoolean();
    }

    /** Whether the value of a key such as {@code training.learningRate} may change during a run. */
    public boolean live(String key) {
        return live(property(key));
    }

    /** The type of a key's values in the words of JSON Schema; empty for a key that is unknown. */
    String type(String key) {
        return property(key).path("type").asText();
    }

    private JsonNode property(String key) {
        JsonNode at = root;
        for (String name : key.split("\\.", -1)) {
            at = at.path("properties").path(name);
        }
        return at;
    }

    /** The first key of {@code tree} that the schema does not know, as a sentence with the nearest known one; null when all are known. */
    String unknownKey(JsonNode tree) {
        return unknownKey(tree, root, "");
    }

    private static String unknownKey(JsonNode tree, JsonNode schema, String path) {
        for (Map.Entry<String, JsonNode> field : tree.properties()) {
            JsonNode known = property(schema, field.getKey());
            String name = path + field.getKey();
            if (known == null) {
                List<String> keys = new ArrayList<>();
                schema.path("properties").fieldNames().forEachRemaining(keys::add);
                return "unknown key '" + name + "'" + NearestName.suggestion(field.getKey(), keys, path);
            }
            if (field.getValue().isObject() && known.has("properties")) {
                String deeper = unknownKey(field.getValue(), known, name + ".");
                if (deeper != null) {
                    return deeper;
                }
            }
        }
        return null;
    }

    /** What is wrong with the values of a complete tree, one sentence each. */
    List<String> violations(JsonNode tree) {
        return validator.validate(tree).stream().map(ConfigSchema::sentence).toList();
    }

    private static String sentence(Error error) {
        String key = error.getInstanceLocation().toString().replaceFirst("^/", "").replace('/', '.');
        JsonNode value = error.getInstanceNode();
        return "'" + key + "'" + (value != null && value.isValueNode() ? " is " + value : "") + ": " + error.getMessage();
    }
}
