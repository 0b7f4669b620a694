package org.bindrae.data.structure.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;
import org.bindrae.data.StructureException;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/** Reads what the tables of an mmCIF or BinaryCIF file say about atoms. Author's names and numbers are used where the file has them. */
final class CifRecords {
    private static final String ATOMS = "atom_site";
    private final Path file;
    private final CifTables tables;
    private final Map<String, AtomSite.Role> entityRoles = new HashMap<>();

    private CifRecords(Path file, CifTables tables) {
        this.file = file;
        this.tables = tables;
    }

    static FileAtoms read(StructureFile source) throws StructureException {
        CifRecords records = new CifRecords(source.file(), CifTables.read(source));
        records.readEntities();
        Map<ResidueId, String> residueParents = new HashMap<>();
        Map<String, String> componentParents = new HashMap<>();
        records.readParents(residueParents, componentParents);
        Set<Integer> models = new TreeSet<>();
        List<AtomSite> sites = records.readSites(models);
        return new FileAtoms(ATOMS + " row", sites, models.size(), residueParents, componentParents, records.readComponentBonds(),
                records.readConnections(sites));
    }

    private List<AtomSite> readSites(Set<Integer> models) throws StructureException {
        CifColumn group = column("group_PDB");
        CifColumn element = column("type_symbol");
        Named atomName = new Named(column("label_atom_id"), column("auth_atom_id"));
        Named component = new Named(column("label_comp_id"), column("auth_comp_id"));
        Named chain = new Named(column("auth_asym_id"), column("label_asym_id"));
        Named number = new Named(column("auth_seq_id"), column("label_seq_id"));
        CifColumn insertion = column("pdbx_PDB_ins_code");
        CifColumn location = column("label_alt_id");
        CifColumn x = required("Cartn_x");
        CifColumn y = required("Cartn_y");
        CifColumn z = required("Cartn_z");
        CifColumn occupancy = column("occupancy");
        CifColumn bFactor = column("B_iso_or_equiv");
        CifColumn charge = column("pdbx_formal_charge");
        CifColumn model = column("pdbx_PDB_model_num");
        CifColumn sequenceNumber = column("label_seq_id");
        CifColumn entity = column("label_entity_id");
        int rows = tables.rows(ATOMS);
        List<AtomSite> sites = new ArrayList<>(rows);
        ResidueId residue = new ResidueId("", 0, "");
        int firstModel = 0;
        for (int row = 0; row < rows; row++) {
            int modelNumber = model.given(row) ? model.integer(row) : 1;
            models.add(modelNumber);
            firstModel = row == 0 ? modelNumber : firstModel;
            if (modelNumber != firstModel) {
                continue;
            }
            String name = atomName.text(row);
            String code = component.text(row);
            if (name.isEmpty() || code.isEmpty()) {
                throw new StructureException(file, ATOMS + " row " + (row + 1) + ": no " + (name.isEmpty() ? "atom" : "residue") + " name");
            }
            String chainName = chain.text(row);
            if ((name + code + chainName).chars().anyMatch(Character::isISOControl)) {
                throw new StructureException(file, ATOMS + " row " + (row + 1) + ": a name goes over several lines");
            }
            String symbol = Elements.symbol(element.text(row));
            symbol = symbol == null ? Elements.ofName(name, code) : symbol;
            Vec3 position = new Vec3(x.coordinate(row), y.coordinate(row), z.coordinate(row));
            residue = sameOrNew(residue, chainName, number.given(row) ? number.integer(row) : 0, insertion.text(row));
            if (Elements.isHydrogen(symbol)) {
                continue;
            }
            StructureAtom atom = new StructureAtom(name, symbol, position, charge.given(row) ? charge.integer(row) : 0,
                    occupancy.given(row) ? occupancy.number(row) : 1, bFactor.given(row) ? bFactor.number(row) : 0);
            sites.add(new AtomSite(row + 1, group.text(row).equals("HETATM"), residue, code, location.text(row), atom, -1,
                    role(entity.text(row), sequenceNumber, row)));
        }
        return sites;
    }

    private static ResidueId sameOrNew(ResidueId last, String chain, int number, String insertion) {
        boolean same = number == last.number() && chain.equals(last.chain()) && insertion.equals(last.insertionCode());
        return same ? last : new ResidueId(chain, number, insertion);
    }

    /** The entity's kind decides; without entities, only members of polymers have a sequence number. */
    private AtomSite.Role role(String entity, CifColumn sequenceNumber, int row) {
        AtomSite.Role role = entityRoles.get(entity);
        if (role != null) {
            return role;
        }
        if (!sequenceNumber.exists()) {
            return AtomSite.Role.OPEN;
        }
        return sequenceNumber.given(row) ? AtomSite.Role.OPEN : AtomSite.Role.NONPOLYMER;
    }

    private void readEntities() throws StructureException {
        CifColumn id = tables.column("entity", "id");
        CifColumn type = tables.column("entity", "type");
        for (int row = 0; row < tables.rows("entity"); row++) {
            if (type.given(row)) {
                entityRoles.put(id.text(row), type.text(row).equalsIgnoreCase("polymer") ? AtomSite.Role.PEPTIDE : AtomSite.Role.NONPOLYMER);
            }
        }
        CifColumn polymer = tables.column("entity_poly", "entity_id");
        CifColumn polymerType = tables.column("entity_poly", "type");
        for (int row = 0; row < tables.rows("entity_poly"); row++) {
            String kind = polymerType.text(row).toLowerCase(Locale.ROOT);
            boolean peptide = kind.startsWith("polypeptide") || kind.isEmpty();
            boolean nucleic = kind.contains("nucleotide") || kind.contains("nucleic");
            entityRoles.put(polymer.text(row), nucleic ? AtomSite.Role.NUCLEIC : peptide ? AtomSite.Role.PEPTIDE : AtomSite.Role.OPEN);
        }
    }

    private void readParents(Map<ResidueId, String> residueParents, Map<String, String> componentParents) throws StructureException {
        String table = "pdbx_struct_mod_residue";
        CifColumn parent = tables.column(table, "parent_comp_id");
        Named component = new Named(tables.column(table, "label_comp_id"), tables.column(table, "auth_comp_id"));
        Named chain = new Named(tables.column(table, "auth_asym_id"), tables.column(table, "label_asym_id"));
        Named number = new Named(tables.column(table, "auth_seq_id"), tables.column(table, "label_seq_id"));
        CifColumn insertion = tables.column(table, "PDB_ins_code");
        for (int row = 0; row < tables.rows(table); row++) {
            if (ResidueConstants.typeOfCode(parent.text(row)) != ResidueConstants.UNKNOWN) {
                componentParents.put(component.text(row), parent.text(row));
                if (number.given(row)) {
                    residueParents.put(new ResidueId(chain.text(row), number.integer(row), insertion.text(row)), parent.text(row));
                }
            }
        }
    }

    private Map<String, List<FileAtoms.NamedBond>> readComponentBonds() throws StructureException {
        String table = "chem_comp_bond";
        CifColumn component = tables.column(table, "comp_id");
        CifColumn a = tables.column(table, "atom_id_1");
        CifColumn b = tables.column(table, "atom_id_2");
        CifColumn order = tables.column(table, "value_order");
        Map<String, List<FileAtoms.NamedBond>> bonds = new HashMap<>();
        for (int row = 0; row < tables.rows(table); row++) {
            bonds.computeIfAbsent(component.text(row), code -> new ArrayList<>())
                    .add(new FileAtoms.NamedBond(a.text(row), b.text(row), order(order.text(row))));
        }
        return bonds;
    }

    private static int order(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "sing" -> 1;
            case "doub" -> 2;
            case "trip" -> 3;
            default -> 0;
        };
    }

    /** Covalent bonds between residues; those to copies made by symmetry are left out. */
    private List<FileAtoms.Connection> readConnections(List<AtomSite> sites) throws StructureException {
        String table = "struct_conn";
        CifColumn type = tables.column(table, "conn_type_id");
        Partner first = partner("1");
        Partner second = partner("2");
        List<FileAtoms.Connection> connections = new ArrayList<>();
        for (int row = 0; row < tables.rows(table); row++) {
            boolean covalent = type.text(row).toLowerCase(Locale.ROOT).startsWith("covale");
            if (covalent && first.number().given(row) && second.number().given(row) && first.symmetry().text(row).equals(second.symmetry().text(row))) {
                connections.add(new FileAtoms.Connection(first.key(row), second.key(row), 0));
            }
        }
        return connections;
    }

    private Partner partner(String which) throws StructureException {
        String table = "struct_conn";
        String prefix = "ptnr" + which + "_";
        Named chain = new Named(tables.column(table, prefix + "auth_asym_id"), tables.column(table, prefix + "label_asym_id"));
        Named number = new Named(tables.column(table, prefix + "auth_seq_id"), tables.column(table, prefix + "label_seq_id"));
        return new Partner(chain, number, tables.column(table, "pdbx_ptnr" + which + "_PDB_ins_code"), tables.column(table, prefix + "label_comp_id"),
                tables.column(table, prefix + "label_atom_id"), tables.column(table, prefix + "symmetry"));
    }

    /** One end of the bonds in {@code struct_conn}. */
    private record Partner(Named chain, Named number, CifColumn insertion, CifColumn component, CifColumn atom, CifColumn symmetry) {
        FileAtoms.AtomKey key(int row) throws StructureException {
            return new FileAtoms.AtomKey(new ResidueId(chain.text(row), number.integer(row), insertion.text(row)), component.text(row), atom.text(row));
        }
    }

    /** A column and the one to use where it has no value. */
    private record Named(CifColumn preferred, CifColumn other) {
        boolean given(int row) {
            return preferred.given(row) || other.given(row);
        }

        String text(int row) {
            return (preferred.given(row) ? preferred.text(row) : other.text(row)).strip();
        }

        int integer(int row) throws StructureException {
            return preferred.given(row) ? preferred.integer(row) : other.integer(row);
        }
    }

    private CifColumn column(String name) throws StructureException {
        return tables.column(ATOMS, name);
    }

    private CifColumn required(String name) throws StructureException {
        CifColumn column = column(name);
        if (!column.exists()) {
            throw new StructureException(file, ATOMS + " has no column " + name);
        }
        return column;
    }
}
