package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.io.FormatVersions;

import com.fasterxml.jackson.core.JsonParser;
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
    private static final FormatVersions<ObjectNode> VERSIONS = new FormatVersions<>(List.of());
    /** How the comment of a key ends that may change during a run. */
    private static final String LIVE = " [live]";
    /** Bytes. */
    static final int LONGEST_FILE = 1 << 20;

    private final JsonMapper mapper;
    private final ConfigSchema schema;
    private final ConfigValues values;

    public ConfigFormat() {
        mapper = JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();
        mapper.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxDocumentLength(LONGEST_FILE).maxNestingDepth(16).build());
        schema = new ConfigSchema(mapper);
        values = new ConfigValues(mapper, schema);
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
        Map<String, Object> said = said(file);
        said.putAll(assigned(assignments));
        return config(said, file.toString());
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
        Map<String, Object> said = said(text, source);
        said.putAll(assigned(assignments));
        return config(said, source);
    }

    /**
     * The configuration that values make of the defaults.
     *
     * @param said values of keys such as {@code training.epochs}
     * @param source their name in messages
     * @throws ConfigException if a key is unknown or a value cannot be used; then none of them is
     */
    public WorkbenchConfig config(Map<String, Object> said, String source) throws ConfigException {
        ObjectNode alone = mapper.createObjectNode();
        values.put(said, alone);
        check(alone, source);
        ObjectNode whole = mapper.valueToTree(WorkbenchConfig.defaults());
        values.put(said, whole);
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

    /**
     * The values that a text says, by keys such as {@code training.epochs}: Boolean, Long, Double or String. They are not checked yet.
     *
     * @throws ConfigException if it is no JSON object or has an unknown key
     */
    public Map<String, Object> said(String text, String source) throws ConfigException {
        ObjectNode tree = upToDate(tree(text, source), source);
        check(tree, source);
        return values.flat(tree);
    }

    private static ObjectNode upToDate(ObjectNode tree, String source) throws ConfigException {
        JsonNode version = tree.remove(FormatVersions.KEY);
        try {
            return VERSIONS.upToDate(source, version == null ? null : version.asText(), tree);
        } catch (IOException e) {
            throw new ConfigException(e.getMessage());
        }
    }

    /** The values that a file says, as {@link #said(String, String)}. */
    public Map<String, Object> said(Path file) throws IOException {
        if (Files.size(file) > LONGEST_FILE) {
            throw new ConfigException(file + ": is longer than 1 MiB, too long for a configuration");
        }
        return said(Files.readString(file), file.toString());
    }

    /**
     * The values that assignments say, the last of a key counting.
     *
     * @param assignments {@code key.key=value}; a value is JSON, or text where it is not
     */
    public Map<String, Object> assigned(List<String> assignments) throws ConfigException {
        Map<String, Object> assigned = new LinkedHashMap<>();
        for (String assignment : assignments) {
            ObjectNode set = assignment(assignment);
            check(set, "--set " + assignment);
            assigned.putAll(values.flat(set));
        }
        return assigned;
    }

    /** The settings among the properties of a service or of a configuration of ConfigurationAdmin, not checked yet. */
    Map<String, Object> settings(Map<String, ?> properties) {
        return values.of(properties);
    }

    /** All values of a configuration by key. */
    public Map<String, Object> values(WorkbenchConfig config) {
        return values.flat(mapper.valueToTree(config));
    }

    private ObjectNode tree(String text, String source) throws ConfigException {
        try {
            JsonNode tree = mapper.readTree(text);
            if (tree instanceof ObjectNode object) {
                return object;
            }
            throw new ConfigException(source + (text.isBlank() ? " is empty" : "") + ": a configuration is a JSON object { … }");
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
        ObjectNode root = mapper.createObjectNode();
        values.put(Map.of(assignment.substring(0, equals).strip(), value), root);
        return root;
    }

    /** All of a configuration as JSON. */
    public String json(WorkbenchConfig config) {
        return mapper.valueToTree(config).toPrettyString() + "\n";
    }

    /** A value as JSON. */
    String json(Object value) {
        return mapper.valueToTree(value).toString();
    }

    /** Reads a text as configurations are read. */
    JsonParser parser(String text) throws IOException {
        return mapper.createParser(text);
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
        return comment.append(ConfigSchema.live(schema) ? LIVE : "").toString();
    }
}
