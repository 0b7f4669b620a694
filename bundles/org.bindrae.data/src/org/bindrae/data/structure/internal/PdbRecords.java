package org.bindrae.data.structure.internal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureException;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/**
 * Reads the records of a PDB file (format 3.3) by their columns. BioJava's parser is not used here: it skips lines that it cannot parse, joins groups of the
 * same number into one, knows no MODRES records and no charges, and stops at serial numbers that are not decimal. Here a coordinate record that cannot be
 * read is an error with its line number.
 */
final class PdbRecords {
    private static final int COORDINATES_END = 54;
    private final Path file;
    private final List<AtomSite> sites = new ArrayList<>();
    private final Map<ResidueId, String> residueParents = new HashMap<>();
    private final Map<String, String> componentParents = new HashMap<>();
    private final Map<String, Set<String>> sequences = new HashMap<>();
    /** How many sites precede the last TER of each chain. */
    private final Map<String, Integer> chainEnds = new HashMap<>();
    private final PdbConnections connections = new PdbConnections();
    private ResidueId residue = new ResidueId("", 0, "");
    private int models;
    private boolean firstModelEnded;
    private int lineNumber;

    private PdbRecords(Path file) {
        this.file = file;
    }

    static FileAtoms read(StructureFile source) throws StructureException {
        PdbRecords records = new PdbRecords(source.file());
        for (String line : (Iterable<String>) new String(source.bytes(), StandardCharsets.ISO_8859_1).lines()::iterator) {
            records.lineNumber++;
            records.accept(line);
        }
        records.assignRoles();
        return new FileAtoms("line", records.sites, Math.max(1, records.models), records.residueParents, records.componentParents, Map.of(),
                records.connections.among(records.sites));
    }

    private void accept(String line) throws StructureException {
        if (line.startsWith("ATOM") || line.startsWith("HETATM")) {
            if (!firstModelEnded) {
                readAtom(line);
            }
            return;
        }
        switch (columns(line, 1, 6).stripTrailing()) {
            case "MODEL" -> {
                models++;
                firstModelEnded |= models > 1;
            }
            case "ENDMDL" -> firstModelEnded = true;
            case "TER" -> {
                if (!firstModelEnded && !sites.isEmpty()) {
                    chainEnds.put(sites.getLast().residue().chain(), sites.size());
                }
            }
            case "MODRES" -> readParent(line);
            case "SEQRES" -> sequences.computeIfAbsent(columns(line, 12, 12).strip(), chain -> new HashSet<>())
                    .addAll(List.of(columns(line, 20, 70).strip().split(" +")));
            case "CONECT" -> connections.accept(line);
            default -> {
                // no other record says anything about atoms
            }
        }
    }

    private void readAtom(String line) throws StructureException {
        if (line.length() < COORDINATES_END) {
            throw problem("the atom record is cut off after " + line.length() + " of at least " + COORDINATES_END + " columns");
        }
        String name = columns(line, 13, 16).strip();
        String component = columns(line, 18, 21).strip();
        if (name.isEmpty() || component.isEmpty()) {
            throw problem("the atom record has no " + (name.isEmpty() ? "atom" : "residue") + " name");
        }
        String element = element(line, component);
        Vec3 position = new Vec3(coordinate(line, 31, "x"), coordinate(line, 39, "y"), coordinate(line, 47, "z"));
        readResidue(line);
        if (Elements.isHydrogen(element)) {
            return;
        }
        StructureAtom atom = new StructureAtom(name, element, position, charge(columns(line, 79, 80)), number(columns(line, 55, 60), 1, "occupancy"),
                number(columns(line, 61, 66), 0, "B factor"));
        sites.add(new AtomSite(lineNumber, line.startsWith("HETATM"), residue, component, columns(line, 17, 17).strip(), atom,
                PdbConnections.serial(columns(line, 7, 11)), AtomSite.Role.OPEN));
    }

    private void readResidue(String line) throws StructureException {
        String text = columns(line, 23, 26).strip();
        String chain = columns(line, 22, 22).strip();
        String insertion = columns(line, 27, 27).strip();
        int number;
        try {
            number = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw problem("residue number '" + text + "' is not a whole number");
        }
        if (number != residue.number() || !chain.equals(residue.chain()) || !insertion.equals(residue.insertionCode())) {
            residue = new ResidueId(chain, number, insertion);
        }
    }

    private static String element(String line, String component) {
        String symbol = Elements.symbol(columns(line, 77, 78));
        if (symbol != null) {
            return symbol;
        }
        boolean organic = ResidueConstants.typeOfCode(component) != ResidueConstants.UNKNOWN || Components.parent(component) != null
                || Components.isNucleotide(component);
        return Elements.ofPdbName(columns(line, 13, 16), organic);
    }

    private double coordinate(String line, int first, String axis) throws StructureException {
        String text = columns(line, first, first + 7).strip();
        return Numbers.coordinate(text, problem -> problem(axis + " " + problem));
    }

    private double number(String text, double absent, String what) throws StructureException {
        return text.isBlank() ? absent : Numbers.finite(text.strip(), problem -> problem(what + " " + problem));
    }

    /** {@code 2+} or {@code +2}; files use these columns for other things too, therefore 0 for everything else. */
    private static int charge(String text) {
        String digits = text.replaceAll("[+-]", "").strip();
        boolean signed = text.indexOf('+') >= 0 || text.indexOf('-') >= 0;
        return signed && digits.matches("[1-9]") ? (text.indexOf('-') >= 0 ? -1 : 1) * Integer.parseInt(digits) : 0;
    }

    private void readParent(String line) {
        String component = columns(line, 13, 15).strip();
        String parent = columns(line, 25, 27).strip();
        String number = columns(line, 19, 22).strip();
        if (ResidueConstants.typeOfCode(parent) != ResidueConstants.UNKNOWN && number.matches("-?[0-9]+")) {
            residueParents.put(new ResidueId(columns(line, 17, 17).strip(), Integer.parseInt(number), columns(line, 23, 23).strip()), parent);
            componentParents.put(component, parent);
        }
    }

    /** In deposited files a chain ends with TER, what follows under its name is no part of it, and SEQRES names everything that is. */
    private void assignRoles() {
        for (int i = 0; i < sites.size(); i++) {
            AtomSite site = sites.get(i);
            String chain = site.residue().chain();
            Integer end = chainEnds.get(chain);
            if (end != null && i >= end && site.hetatm()) {
                sites.set(i, site.withRole(AtomSite.Role.NONPOLYMER));
            } else if (end != null && i < end && sequences.getOrDefault(chain, Set.of()).contains(site.component())) {
                sites.set(i, site.withRole(isNucleic(sequences.get(chain)) ? AtomSite.Role.NUCLEIC : AtomSite.Role.PEPTIDE));
            }
        }
    }

    private static boolean isNucleic(Set<String> sequence) {
        return sequence.stream().anyMatch(Components::isNucleotide) && sequence.stream()
                .allMatch(component -> ResidueConstants.typeOfCode(component) == ResidueConstants.UNKNOWN);
    }

    /** Columns, counted from 1, of a line that may be shorter. */
    private static String columns(String line, int first, int last) {
        return first > line.length() ? "" : line.substring(first - 1, Math.min(last, line.length()));
    }

    private StructureException problem(String text) {
        return new StructureException(file, "line " + lineNumber + ": " + text);
    }
}
