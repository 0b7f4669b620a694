package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Reads and writes the configuration as JSON. What a file does not say keeps its default; a file may hold comments. Keys and values are checked against {@link ConfigSchema} before any
 * of it is used.
 */
public final class ConfigFormat {
    private static final int LONGEST_FILE = 1 << 20;

    private final JsonMapper mapper;
    private final ConfigSchema schema;

    public ConfigFormat() {
        mapper = JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();
        mapper.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxDocumentLength(LONGEST_FILE).maxNestingDepth(16).build());
        schema = new ConfigSchema(mapper);
    }

    public ConfigSchema schema() {
        return schema;
    }

    /**
     * The configuration of a file.
     *
     * @param assignments {@code key.key=value}, applied after the file in order; a value is JSON, or text where it is not
     * @throws ConfigException if the file or an assignment is wrong
     */
    public WorkbenchConfig read(Path file, List<String> assignments) throws IOException {
        if (Files.size(file) > LONGEST_FILE) {
            throw new ConfigException(file + ": too long for a configuration");
        }
        return parse(Files.readString(file), file.toString(), assignments);
    }

    /** The defaults with some assignments. */
    public WorkbenchConfig defaults(List<String> assignments) throws ConfigException {
        return parse("{}", "defaults", assignments);
    }

    /**
     * The configuration that a text says.
     *
     * @param source its name in messages
     */
    public WorkbenchConfig parse(String text, String source, List<String> assignments) throws ConfigException {
        JsonNode said = tree(text, source);
        check(said, source);
        ObjectNode whole = mapper.valueToTree(WorkbenchConfig.defaults());
        merge(whole, (ObjectNode) said);
        for (String assignment : assignments) {
            ObjectNode set = assignment(assignment);
            check(set, "--set " + assignment);
            merge(whole, set);
        }
        List<String> violations = schema.violations(whole);
        if (!violations.isEmpty()) {
            throw new ConfigException(source + ": " + String.join("; ", violations));
        }
        try {
            WorkbenchConfig config = mapper.treeToValue(whole, WorkbenchConfig.class);
            config.validate();
            return config;
        } catch (IllegalArgumentException e) {
            throw new ConfigException(source + ": " + e.getMessage());
        } catch (JsonProcessingException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new ConfigException(source + ": " + (cause instanceof JsonProcessingException j ? j.getOriginalMessage() : cause.getMessage()));
        }
    }

    private JsonNode tree(String text, String source) throws ConfigException {
        try {
            JsonNode tree = mapper.readTree(text);
            if (tree instanceof ObjectNode) {
                return tree;
            }
            throw new ConfigException(source + ": a configuration is a JSON object { … }");
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
            throw new ConfigException(source + place + ": " + e.getOriginalMessage());
        }
    }

    private void check(JsonNode tree, String source) throws ConfigException {
        String unknown = schema.unknownKey(tree);
        if (unknown != null) {
            throw new ConfigException(source + ": " + unknown);
        }
    }

    private ObjectNode assignment(String assignment) throws ConfigException {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("--set " + assignment + ": write key.key=value");
        }
        String text = assignment.substring(equals + 1);
        JsonNode value;
        try {
            value = mapper.readTree(text);
        } catch (JsonProcessingException e) {
            value = mapper.getNodeFactory().textNode(text);
        }
        if (value.isMissingNode()) {
            value = mapper.getNodeFactory().textNode(text);
        }
        String[] keys = assignment.substring(0, equals).strip().split("\\.", -1);
        ObjectNode root = mapper.createObjectNode();
        ObjectNode at = root;
        for (int i = 0; i < keys.length - 1; i++) {
            at = at.putObject(keys[i]);
        }
        at.set(keys[keys.length - 1], value);
        return root;
    }

    /** Puts what {@code from} says over {@code target}; objects are merged, everything else replaced. */
    private static void merge(ObjectNode target, ObjectNode from) {
        for (Map.Entry<String, JsonNode> field : from.properties()) {
            if (field.getValue() instanceof ObjectNode inner && target.get(field.getKey()) instanceof ObjectNode held) {
                merge(held, inner);
            } else {
                target.set(field.getKey(), field.getValue());
            }
        }
    }

    /** All of a configuration as JSON. */
    public String json(WorkbenchConfig config) {
        return mapper.valueToTree(config).toPrettyString() + "\n";
    }

    /** All of a configuration as JSON, each key with a comment that says what it means. {@link #parse} reads it back. */
    public String commented(WorkbenchConfig config) {
        StringBuilder text = new StringBuilder("{\n");
        append(text, mapper.valueToTree(config), schema.json(), "  ");
        return text.append("}\n").toString();
    }

    private static void append(StringBuilder text, ObjectNode tree, JsonNode schema, String indent) {
        for (Iterator<Map.Entry<String, JsonNode>> fields = tree.properties().iterator(); fields.hasNext();) {
            Map.Entry<String, JsonNode> field = fields.next();
            JsonNode known = ConfigSchema.property(schema, field.getKey());
            text.append(indent).append("// ").append(comment(known)).append('\n');
            text.append(indent).append('"').append(field.getKey()).append("\": ");
            if (field.getValue() instanceof ObjectNode inner) {
                text.append("{\n");
                append(text, inner, known, indent + "  ");
                text.append(indent).append('}');
            } else {
                text.append(field.getValue());
            }
            text.append(fields.hasNext() ? ",\n" : "\n");
        }
    }

    private static String comment(JsonNode schema) {
        StringBuilder comment = new StringBuilder(schema.path("description").asText());
        if (schema.has("enum")) {
            comment.append(" (");
            for (int i = 0; i < schema.get("enum").size(); i++) {
                comment.append(i == 0 ? "" : " | ").append(schema.get("enum").get(i).asText());
            }
            comment.append(')');
        }
        return comment.toString();
    }
}
