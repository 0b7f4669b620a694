package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CONECT records. They name atoms by serial number and no orders; some programs repeat a partner for double and triple bonds.
 */
final class PdbConnections {
    /** An ordered pair of serial numbers. */
    private record Pair(int from, int to) {
    }

    private static final int PARTNERS = 4;
    private final Map<Pair, Integer> counts = new LinkedHashMap<>();

    void accept(String line) {
        int from = serial(line.substring(6, Math.min(11, line.length())));
        Map<Integer, Integer> partners = new LinkedHashMap<>();
        for (int i = 0; i < PARTNERS; i++) {
            int start = 11 + 5 * i;
            if (start < line.length()) {
                partners.merge(serial(line.substring(start, Math.min(start + 5, line.length()))), 1, Integer::sum);
            }
        }
        partners.forEach((to, count) -> {
            if (from >= 0 && to >= 0 && from != to) {
                counts.merge(new Pair(from, to), count, Integer::max);
            }
        });
    }

    /** A serial number, −1 when it is none: overflowing files fill the columns with stars or hexadecimal digits. */
    static int serial(String text) {
        String digits = text.strip();
        return digits.matches("[0-9]{1,6}") ? Integer.parseInt(digits) : -1;
    }

    /** The connections as far as their serial numbers each belong to one atom. */
    List<FileAtoms.Connection> among(List<AtomSite> sites) {
        if (counts.isEmpty()) {
            return List.of();
        }
        Map<Integer, AtomSite> bySerial = new HashMap<>();
        Set<Integer> repeated = new HashSet<>();
        for (AtomSite site : sites) {
            if (bySerial.put(site.serial(), site) != null) {
                repeated.add(site.serial());
            }
        }
        boolean ordered = counts.values().stream().anyMatch(count -> count > 1);
        List<FileAtoms.Connection> connections = new ArrayList<>();
        counts.forEach((pair, count) -> {
            AtomSite from = bySerial.get(pair.from());
            AtomSite to = bySerial.get(pair.to());
            boolean saidBefore = pair.from() > pair.to() && counts.containsKey(new Pair(pair.to(), pair.from()));
            if (from != null && to != null && !saidBefore && !repeated.contains(pair.from()) && !repeated.contains(pair.to())) {
                connections.add(new FileAtoms.Connection(key(from), key(to), ordered ? Math.min(3, count) : 0));
            }
        });
        return connections;
    }

    private static FileAtoms.AtomKey key(AtomSite site) {
        return new FileAtoms.AtomKey(site.residue(), site.component(), site.name());
    }
}
