package org.bindrae.geometry;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads {@code residues.txt}, whose head describes its lines. */
final class ResidueTableReader {
    private final List<ResidueTemplate> residues = new ArrayList<>();
    private final Map<String, Double> radii = new TreeMap<>();
    private final List<String> atoms = new ArrayList<>();
    private final List<Integer> groups = new ArrayList<>();
    private final List<Vec3> ideal = new ArrayList<>();
    private final List<ResidueTemplate.Torsion> chis = new ArrayList<>();
    private final List<ResidueConstants.Bond> swaps = new ArrayList<>();
    private final List<ResidueConstants.Bond> bonds = new ArrayList<>();
    private String[] residue;

    private ResidueTableReader() {
    }

    /** The table of this bundle. */
    static ResidueTable read() {
        ResidueTableReader reader = new ResidueTableReader();
        try (InputStream in = ResidueTableReader.class.getResourceAsStream("residues.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> !line.startsWith("#")).map(line -> line.split(" ")).forEach(reader::accept);
        } catch (IOException e) {
            throw new UncheckedIOException("residues.txt of org.bindrae.geometry cannot be read", e);
        }
        reader.endResidue();
        return new ResidueTable(List.copyOf(reader.residues), Map.copyOf(reader.radii));
    }

    private void accept(String[] w) {
        switch (w[0]) {
            case "residue" -> {
                endResidue();
                residue = w;
            }
            case "atom" -> {
                atoms.add(w[1]);
                groups.add(Integer.valueOf(w[2]));
                ideal.add(new Vec3(Double.parseDouble(w[3]), Double.parseDouble(w[4]), Double.parseDouble(w[5])));
            }
            case "chi" -> chis.add(new ResidueTemplate.Torsion(slot(w[1]), slot(w[2]), slot(w[3]), slot(w[4]), w.length > 5));
            case "swap" -> swaps.add(new ResidueConstants.Bond(slot(w[1]), slot(w[2])));
            case "bond" -> bonds.add(new ResidueConstants.Bond(slot(w[1]), slot(w[2])));
            case "radius" -> radii.put(w[1], Double.valueOf(w[2]));
            default -> throw new IllegalStateException("residues.txt: unknown line '" + String.join(" ", w) + "'");
        }
    }

    private int slot(String atom) {
        int slot = atoms.indexOf(atom);
        if (slot < 0) {
            throw new IllegalStateException("residues.txt: " + residue[1] + " has no atom " + atom);
        }
        return slot;
    }

    private void endResidue() {
        if (residue != null) {
            residues.add(ResidueTemplate.of(residue[2].charAt(0), residue[1], atoms, groups, ideal, chis, swaps, bonds));
        }
        List.of(atoms, groups, ideal, chis, swaps, bonds).forEach(List::clear);
    }

    /** Everything the file says; residues in the order of their type numbers. */
    record ResidueTable(List<ResidueTemplate> residues, Map<String, Double> radii) {
    }
}
