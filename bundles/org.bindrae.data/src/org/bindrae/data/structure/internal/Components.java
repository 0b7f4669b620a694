package org.bindrae.data.structure.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What {@code components.txt}, whose head describes its lines, says of chemical components. Codes in upper case. */
final class Components {
    private static final Components TABLE = read();
    private final Map<String, String> parents = new HashMap<>();
    private final Map<String, Map<String, String>> aliases = new HashMap<>();
    private final Map<String, Set<String>> kinds = new HashMap<>();

    private Components() {
    }

    private static Components read() {
        Components table = new Components();
        try (InputStream in = Components.class.getResourceAsStream("components.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).map(line -> line.split(" ")).forEach(table::accept);
        } catch (IOException e) {
            throw new UncheckedIOException("components.txt of org.bindrae.data cannot be read", e);
        }
        return table;
    }

    private void accept(String[] words) {
        switch (words[0]) {
            case "parent" -> {
                for (int i = 2; i < words.length; i++) {
                    parents.put(words[i], words[1]);
                }
            }
            case "alias" -> aliases.computeIfAbsent(words[1], component -> new HashMap<>()).put(words[2], words[3]);
            case "water", "nucleotide", "cap", "solvent" -> {
                for (int i = 1; i < words.length; i++) {
                    kinds.computeIfAbsent(words[0], kind -> new HashSet<>()).add(words[i]);
                }
            }
            default -> throw new IllegalStateException("components.txt: unknown line '" + String.join(" ", words) + "'");
        }
    }

    /** The standard amino acid that a modified one counts as, null where the table knows none. */
    static String parent(String component) {
        return TABLE.parents.get(component);
    }

    /** What the parent of a component calls this atom; the name itself where the table has no other. */
    static String alias(String component, String atom) {
        String general = TABLE.aliases.get("*").getOrDefault(atom, atom);
        return TABLE.aliases.getOrDefault(component, Map.of()).getOrDefault(atom, general);
    }

    static boolean isWater(String component) {
        return TABLE.kinds.get("water").contains(component);
    }

    /** Also of those that old files mark as modified by a plus sign. */
    static boolean isNucleotide(String component) {
        return TABLE.kinds.get("nucleotide").contains(component.startsWith("+") ? component.substring(1) : component);
    }

    static boolean isCap(String component) {
        return TABLE.kinds.get("cap").contains(component);
    }

    static boolean isSolvent(String component) {
        return TABLE.kinds.get("solvent").contains(component);
    }
}
