package org.bindrae.architecture.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What others can use of a package.
 *
 * @param version of the package
 * @param types by their declarations, the members that can be used of each
 */
record Api(String name, String version, SortedMap<String, SortedSet<String>> types) {
    private static final String PACKAGE = "package ";
    private static final String INDENT = "    ";
    private static final String ABSTRACT = "abstract ";
    private static final String PERMITS = "permits ";

    /** How much a version must grow. */
    enum Step {
        NONE, MINOR, MAJOR
    }

    /**
     * What has changed.
     *
     * @param differences one line each
     */
    record Changes(Step step, List<String> differences) {
    }

    /** As text: the package, its types, and their members, a line each. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(PACKAGE + name + " " + version);
        types.forEach((type, members) -> {
            lines.add(type);
            members.forEach(member -> lines.add(INDENT + member));
        });
        return lines;
    }

    /** The packages that such text describes. */
    static List<Api> parse(List<String> lines) {
        List<Api> packages = new ArrayList<>();
        SortedSet<String> members = new TreeSet<>();
        for (String line : lines) {
            if (line.startsWith(PACKAGE)) {
                String[] words = line.split(" ");
                packages.add(new Api(words[1], words[2], new TreeMap<>()));
            } else if (line.startsWith(INDENT)) {
                members.add(line.strip());
            } else if (!line.isBlank()) {
                members = new TreeSet<>();
                packages.getLast().types.put(line, members);
            }
        }
        return packages;
    }

    /** What makes this one differ from an earlier one, and what that means to those who use it. */
    Changes since(Api earlier) {
        List<String> differences = new ArrayList<>();
        Step step = Step.NONE;
        for (Map.Entry<String, SortedSet<String>> type : earlier.types.entrySet()) {
            SortedSet<String> now = types.get(type.getKey());
            if (now == null) {
                differences.add("removed or changed: " + type.getKey());
                step = Step.MAJOR;
                continue;
            }
            for (String member : minus(type.getValue(), now)) {
                differences.add("removed or changed: " + member + " of " + type.getKey());
                step = Step.MAJOR;
            }
            for (String member : minus(now, type.getValue())) {
                boolean breaks = breaks(type.getKey(), member);
                differences.add("added" + (breaks ? ", which breaks those who implement or tell apart: " : ": ") + member + " of " + type.getKey());
                step = breaks ? Step.MAJOR : max(step, Step.MINOR);
            }
        }
        for (String type : minus(types.keySet(), earlier.types.keySet())) {
            differences.add("added: " + type);
            step = max(step, Step.MINOR);
        }
        return new Changes(step, differences);
    }

    /** Whether a new member asks something of others' classes. */
    private static boolean breaks(String type, String member) {
        return member.startsWith(PERMITS) || member.startsWith(ABSTRACT) && !type.contains("@ProviderType") && !type.contains("sealed ");
    }

    private static List<String> minus(Set<String> from, Set<String> others) {
        return from.stream().filter(line -> !others.contains(line)).toList();
    }

    private static Step max(Step a, Step b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    /** The lowest version that tells of a step from this one. */
    static String stepped(String version, Step step) {
        String[] parts = version.split("\\.");
        int major = Integer.parseInt(parts[0]);
        int minor = Integer.parseInt(parts[1]);
        return switch (step) {
            case NONE -> version;
            case MINOR -> major + "." + (minor + 1) + ".0";
            case MAJOR -> major + 1 + ".0.0";
        };
    }

    /** Whether a version is at least another one. */
    static boolean atLeast(String version, String other) {
        String[] a = version.split("\\.");
        String[] b = other.split("\\.");
        for (int i = 0; i < 3; i++) {
            int difference = Integer.parseInt(a[i]) - Integer.parseInt(b[i]);
            if (difference != 0) {
                return difference > 0;
            }
        }
        return true;
    }
}
