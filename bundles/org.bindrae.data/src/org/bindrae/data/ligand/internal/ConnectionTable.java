package org.bindrae.data.ligand.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.bindrae.data.LigandException;
import org.bindrae.geometry.Vec3;

/**
 * A V2000 record, checked line by line so that faults have a place.
 *
 * @param lines without the alias lines, which would make CDK forget the elements
 * @param positions of all atoms
 * @param aliases texts of the alias lines by atom, from 0; old RCSB files keep the atom names there
 */
record ConnectionTable(List<String> lines, List<Vec3> positions, Map<Integer, String> aliases) {
    private static final int COUNTS = 3;
    private static final int NUMBER_WIDTH = 3;
    private static final int COORDINATE_WIDTH = 10;
    private static final int VALENCE = 48;
    private static final Pattern ALIAS = Pattern.compile("A\\s+(\\d{1,3})\\s*");

    static ConnectionTable check(List<String> record, String file) throws LigandException {
        String counts = record.get(COUNTS);
        int atoms = number(counts, 0, file, COUNTS, "the number of atoms");
        int bonds = number(counts, NUMBER_WIDTH, file, COUNTS, "the number of bonds");
        if (atoms == 0) {
            throw new LigandException(file + ": line 4: a molecule without atoms");
        }
        if (record.size() < COUNTS + 1 + atoms + bonds) {
            throw new LigandException(file + ": ends at line " + record.size() + " within the " + atoms + " atoms and " + bonds + " bonds of line 4");
        }
        List<Vec3> positions = new ArrayList<>();
        for (int i = COUNTS + 1; i < COUNTS + 1 + atoms; i++) {
            positions.add(new Vec3(coordinate(record.get(i), 0, file, i), coordinate(record.get(i), 1, file, i), coordinate(record.get(i), 2, file, i)));
        }
        for (int i = COUNTS + 1 + atoms; i < COUNTS + 1 + atoms + bonds; i++) {
            for (int end = 0; end < 2; end++) {
                int atom = number(record.get(i), end * NUMBER_WIDTH, file, i, "an atom of a bond");
                if (atom < 1 || atom > atoms) {
                    throw new LigandException(file + ": line " + (i + 1) + ": a bond with atom " + atom + " of " + atoms);
                }
            }
        }
        if (counts.contains("V2000") && atoms > NUMBER_WIDTH && record.get(1).length() >= 22 && record.get(1).startsWith("2D", 20)) {
            throw new LigandException(file + ": line 2: a flat drawing (2D), but a pose is needed");
        }
        return withoutAliases(record, COUNTS + 1 + atoms + bonds, positions, atoms);
    }

    private static ConnectionTable withoutAliases(List<String> record, int properties, List<Vec3> positions, int atoms) {
        List<String> lines = new ArrayList<>(record.subList(0, properties));
        Map<Integer, String> aliases = new HashMap<>();
        boolean inProperties = true;
        for (int i = properties; i < record.size(); i++) {
            Matcher alias = ALIAS.matcher(record.get(i));
            inProperties &= !record.get(i).startsWith("M  END");
            if (inProperties && alias.matches() && i + 1 < record.size()) {
                int atom = Integer.parseInt(alias.group(1));
                if (atom >= 1 && atom <= atoms) {
                    aliases.put(atom - 1, record.get(i + 1).strip());
                }
                i++;
            } else {
                lines.add(record.get(i));
            }
        }
        return new ConnectionTable(lines, positions, aliases);
    }

    /** The same without the valence field of its atoms (columns 49 to 51). */
    ConnectionTable withoutValences() {
        List<String> changed = new ArrayList<>(lines);
        for (int i = COUNTS + 1; i < COUNTS + 1 + positions.size(); i++) {
            String line = lines.get(i);
            if (line.length() >= VALENCE + NUMBER_WIDTH) {
                changed.set(i, line.substring(0, VALENCE) + "  0" + line.substring(VALENCE + NUMBER_WIDTH));
            }
        }
        return new ConnectionTable(changed, positions, aliases);
    }

    private static int number(String line, int from, String file, int index, String what) throws LigandException {
        String field = line.substring(Math.min(from, line.length()), Math.min(from + NUMBER_WIDTH, line.length())).strip();
        try {
            int value = Integer.parseInt(field);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new LigandException(file + ": line " + (index + 1) + ": '" + field + "' is not " + what);
    }

    private static double coordinate(String line, int axis, String file, int index) throws LigandException {
        int from = axis * COORDINATE_WIDTH;
        String field = line.substring(Math.min(from, line.length()), Math.min(from + COORDINATE_WIDTH, line.length())).strip();
        try {
            double value = Double.parseDouble(field);
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new LigandException(file + ": line " + (index + 1) + ": '" + field + "' is not a coordinate");
    }
}
