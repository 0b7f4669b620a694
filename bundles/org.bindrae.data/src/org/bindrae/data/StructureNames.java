package org.bindrae.data;

import java.util.List;
import java.util.Locale;

/** File names of structures, by their endings. */
final class StructureNames {
    private static final List<String> ENDINGS = List.of(".pdb", ".ent", ".cif", ".mmcif", ".bcif");

    private StructureNames() {
    }

    static boolean isStructure(String name) {
        String plain = withoutGzip(name).toLowerCase(Locale.ROOT);
        return !plain.startsWith(".") && ENDINGS.stream().anyMatch(plain::endsWith);
    }

    /** Without {@code .gz} and the ending of a structure file. */
    static String stem(String name) {
        String plain = withoutGzip(name);
        String lower = plain.toLowerCase(Locale.ROOT);
        return ENDINGS.stream().filter(lower::endsWith).findFirst().map(ending -> plain.substring(0, plain.length() - ending.length())).orElse(plain);
    }

    private static String withoutGzip(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }
}
