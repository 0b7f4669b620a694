package org.bindrae.data.structure.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.bindrae.data.Structure;
import org.bindrae.data.StructureReader;
import org.rcsb.cif.CifIO;

/** An mmCIF file put together in a test: chains of residues as {@link PdbText} draws them, with different author's and dictionary names. */
final class CifText {
    private static final String COLUMNS = "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_entity_id "
            + "label_seq_id pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z occupancy B_iso_or_equiv pdbx_formal_charge auth_seq_id auth_asym_id pdbx_PDB_model_num";
    private final StringBuilder tables = new StringBuilder();
    private final StringBuilder atoms = new StringBuilder();
    private int serial;

    CifText table(String text) {
        tables.append(text).append("\n#\n");
        return this;
    }

    /** A residue of entity 1, molecule A; the authors call the chain AAA and count from 101. */
    CifText residue(String group, String component, int place) {
        double x = 3.8 * place;
        String sequence = "A 1 " + (place + 1);
        atom(group, "N", "N", ".", component, sequence, x, 0, 0, 1, 101 + place);
        atom(group, "C", "CA", ".", component, sequence, x + 1.4, 0.5, 0, 1, 101 + place);
        atom(group, "C", "C", ".", component, sequence, x + 2.5, 0, 0, 1, 101 + place);
        return atom(group, "O", "O", ".", component, sequence, x + 2.5, -1.2, 0, 1, 101 + place);
    }

    CifText atom(String group, String element, String name, String location, String component, String molecule, double x, double y, double z,
            double occupancy, int number) {
        return row(String.format(Locale.ROOT, "%s %d %s %s %s %s %s ? %.3f %.3f %.3f %.2f 10.0 ? %d AAA 1", group, ++serial, element, name, location,
                component, molecule, x, y, z, occupancy,
                number));
    }

    CifText row(String row) {
        atoms.append(row).append('\n');
        return this;
    }

    static CifText tripeptide() {
        return new CifText().residue("ATOM", "ALA", 0).residue("ATOM", "SER", 1).residue("ATOM", "GLY", 2);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("data_TEST\n#\n").append(tables).append("loop_\n");
        List.of(COLUMNS.split(" ")).forEach(column -> text.append("_atom_site.").append(column).append('\n'));
        return text.append(atoms).append("#\n").toString();
    }

    Structure read(Path folder) throws IOException {
        return StructureReader.read(write(folder.resolve("test.cif")));
    }

    Path write(Path file) throws IOException {
        return Files.writeString(file, toString());
    }

    /** The same as BinaryCIF. */
    Path writeBinary(Path file) throws IOException {
        CifIO.writeBinary(CifIO.readFromPath(write(file.resolveSibling("source.cif"))), file);
        return file;
    }
}
