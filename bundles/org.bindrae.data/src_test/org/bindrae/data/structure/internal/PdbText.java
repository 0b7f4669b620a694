package org.bindrae.data.structure.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.bindrae.data.Structure;
import org.bindrae.data.StructureReader;

/** A PDB file put together in a test. Peptides lie along x, 3.8 Å per residue, so that neighbours are bonded. */
final class PdbText {
    private final StringBuilder text = new StringBuilder();
    private int serial;

    /** A record as it is. */
    PdbText line(String record) {
        text.append(record).append('\n');
        return this;
    }

    /** N, CA, C, O and CB of a residue at its place in the line of residues. */
    PdbText residue(String component, String chain, int number, int place) {
        return residue("ATOM", component, chain, number, place);
    }

    /** The same under another record name. */
    PdbText residue(String record, String component, String chain, int number, int place) {
        double x = 3.8 * place;
        atom(record, "N", "", component, chain, number, x, 0, 0, 1);
        atom(record, "CA", "", component, chain, number, x + 1.4, 0.5, 0, 1);
        atom(record, "C", "", component, chain, number, x + 2.5, 0, 0, 1);
        atom(record, "O", "", component, chain, number, x + 2.5, -1.2, 0, 1);
        return component.equals("GLY") ? this : atom(record, "CB", "", component, chain, number, x + 1.4, 1.5, 1, 1);
    }

    PdbText atom(String record, String name, String location, String component, String chain, int number, double x, double y, double z, double occupancy) {
        return atom(record, name, name.replaceAll("[^A-Z].*", "").substring(0, 1), location, component, chain, number, x, y, z, occupancy);
    }

    PdbText atom(String record, String name, String element, String location, String component, String chain, int number, double x, double y, double z,
            double occupancy) {
        serial++;
        String padded = name.length() < 4 && element.length() == 1 ? " " + name : name;
        return line(String.format(Locale.ROOT, "%-6s%5d %-4s%1s%3s %1s%4d    %8.3f%8.3f%8.3f%6.2f%6.2f          %2s", record, serial, padded, location,
                component, chain, number, x, y, z,
                occupancy, 10.0, element.toUpperCase(Locale.ROOT)));
    }

    PdbText hetero(String name, String element, String component, String chain, int number, double x, double y, double z) {
        return atom("HETATM", name, element, "", component, chain, number, x, y, z, 1);
    }

    /** Serial number of the next atom. */
    int nextSerial() {
        return serial + 1;
    }

    /** Ala-Ser-Gly, chain A, 1–3, without TER. */
    static PdbText tripeptide() {
        return new PdbText().residue("ALA", "A", 1, 0).residue("SER", "A", 2, 1).residue("GLY", "A", 3, 2);
    }

    PdbText end() {
        return line("TER").line("END");
    }

    Structure read(Path folder) throws IOException {
        return StructureReader.read(write(folder.resolve("test.pdb")));
    }

    Path write(Path file) throws IOException {
        return Files.writeString(file, text, StandardCharsets.ISO_8859_1);
    }

    List<String> lines() {
        return text.toString().lines().toList();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
