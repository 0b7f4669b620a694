package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureAtom;

/** Writes mmCIF with the tables that readers and viewers ask for. */
final class CifWriter {
    /** Where a group stands among the molecules of the file. */
    private record Place(String asym, String entity, int sequenceNumber) {
    }

    private static final List<String> PARENT_COLUMNS = List.of("id", "label_asym_id", "label_comp_id", "label_seq_id", "auth_asym_id", "auth_comp_id",
            "auth_seq_id", "PDB_ins_code", "parent_comp_id");
    private static final List<String> LINK_COLUMNS = List.of("id", "conn_type_id", "ptnr1_label_asym_id", "ptnr1_label_comp_id", "ptnr1_label_seq_id",
            "ptnr1_label_atom_id", "ptnr1_auth_asym_id", "ptnr1_auth_seq_id", "pdbx_ptnr1_PDB_ins_code", "ptnr1_symmetry", "ptnr2_label_asym_id",
            "ptnr2_label_comp_id", "ptnr2_label_seq_id", "ptnr2_label_atom_id", "ptnr2_auth_asym_id", "ptnr2_auth_seq_id", "pdbx_ptnr2_PDB_ins_code",
            "ptnr2_symmetry");
    private static final List<String> ATOM_COLUMNS = List.of("group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id",
            "label_asym_id", "label_entity_id", "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv",
            "pdbx_formal_charge", "auth_seq_id", "auth_comp_id", "auth_asym_id", "auth_atom_id", "pdbx_PDB_model_num");
    private final StringBuilder out = new StringBuilder();
    private final OutputModel model;
    /** By identity: water molecules may be equal. */
    private final Map<OutputGroup, Place> places = new IdentityHashMap<>();
    private final List<String[]> entities = new ArrayList<>();
    private final List<String[]> asymUnits = new ArrayList<>();

    private CifWriter(OutputModel model) {
        this.model = model;
    }

    static String write(String name, OutputModel model) {
        CifWriter writer = new CifWriter(model);
        writer.assignPlaces();
        writer.writeTables(name);
        return writer.out.toString();
    }

    /** Each chain is an entity and a molecule; of other groups each is a molecule and each component an entity; water is one of both. */
    private void assignPlaces() {
        for (List<OutputGroup> chain : polymers()) {
            String asym = newMolecule(newEntity("polymer"));
            for (int i = 0; i < chain.size(); i++) {
                places.put(chain.get(i), new Place(asym, entity(), i + 1));
            }
        }
        Map<String, String> byComponent = new HashMap<>();
        for (OutputGroup group : model.others()) {
            String entity = byComponent.computeIfAbsent(group.component(), component -> newEntity("non-polymer"));
            places.put(group, new Place(newMolecule(entity), entity, 0));
        }
        if (!model.waters().isEmpty()) {
            String entity = newEntity("water");
            String asym = newMolecule(entity);
            model.waters().forEach(water -> places.put(water, new Place(asym, entity, 0)));
        }
    }

    private List<List<OutputGroup>> polymers() {
        return Stream.concat(model.chains().stream(), model.nucleicChains().stream()).toList();
    }

    private String newEntity(String type) {
        entities.add(new String[] {Integer.toString(entities.size() + 1), type});
        return entity();
    }

    private String entity() {
        return entities.getLast()[0];
    }

    /** A, …, Z, AA, BA, …, as the PDB names them. */
    private String newMolecule(String entity) {
        StringBuilder name = new StringBuilder();
        for (int rest = asymUnits.size(); rest >= 0; rest = rest / 26 - 1) {
            name.append((char) ('A' + rest % 26));
        }
        asymUnits.add(new String[] {name.toString(), entity});
        return name.toString();
    }

    private void writeTables(String name) {
        String identifier = name.replaceAll("[^\\x21-\\x7e]", "_");
        out.append("data_").append(identifier.isEmpty() ? "structure" : identifier).append("\n#\n_entry.id ").append(quoted(identifier)).append('\n');
        table("entity", List.of("id", "type"), entities);
        table("struct_asym", List.of("id", "entity_id"), asymUnits);
        table("entity_poly", List.of("entity_id", "type"), polymers().stream()
                .map(chain -> new String[] {places.get(chain.getFirst()).entity(), polymerType(chain)}).toList());
        table("entity_poly_seq", List.of("entity_id", "num", "mon_id"), polymers().stream().flatMap(List::stream)
                .map(group -> new String[] {places.get(group).entity(), Integer.toString(places.get(group).sequenceNumber()), group.component()}).toList());
        table("pdbx_struct_mod_residue", PARENT_COLUMNS, parents());
        table("chem_comp_bond", List.of("comp_id", "atom_id_1", "atom_id_2", "value_order"), componentBonds());
        table("struct_conn", LINK_COLUMNS, links());
        writeAtoms();
        out.append("#\n");
    }

    private String polymerType(List<OutputGroup> chain) {
        if (model.chains().contains(chain)) {
            return "polypeptide(L)";
        }
        return chain.stream().anyMatch(group -> group.component().matches("D[ACGTUI]")) ? "polydeoxyribonucleotide" : "polyribonucleotide";
    }

    private List<String[]> parents() {
        List<String[]> rows = new ArrayList<>();
        model.groups().filter(group -> group.parent() != null).forEach(group -> {
            Place place = places.get(group);
            ResidueId id = group.id();
            rows.add(new String[] {Integer.toString(rows.size() + 1), place.asym(), group.component(), Integer.toString(place.sequenceNumber()), chain(id),
                    group.component(), Integer.toString(id.number()), id.insertionCode(), group.parent()});
        });
        return rows;
    }

    /** Of all groups of a component together, because atoms may be missing in one. */
    private List<String[]> componentBonds() {
        Map<List<String>, String[]> rows = new LinkedHashMap<>();
        for (OutputGroup group : model.others()) {
            for (HeteroGroup.Bond bond : group.bonds()) {
                String[] row = {group.component(), group.atoms().get(bond.a()).name(), group.atoms().get(bond.b()).name(), order(bond)};
                rows.putIfAbsent(List.of(row[0], row[1], row[2]), row);
            }
        }
        return List.copyOf(rows.values());
    }

    private static String order(HeteroGroup.Bond bond) {
        return switch (bond.order()) {
            case 1 -> "SING";
            case 2 -> "DOUB";
            case 3 -> "TRIP";
            default -> "";
        };
    }

    private List<String[]> links() {
        Map<ResidueId, List<OutputGroup>> byId = new HashMap<>();
        model.groups().forEach(group -> byId.computeIfAbsent(group.id(), id -> new ArrayList<>()).add(group));
        List<String[]> rows = new ArrayList<>();
        for (Structure.Link link : model.links()) {
            String[] first = partner(byId, link.a(), link.atomA());
            String[] second = partner(byId, link.b(), link.atomB());
            if (first.length > 0 && second.length > 0) {
                rows.add(Stream.of(new String[] {"covale" + (rows.size() + 1), "covale"}, first, second).flatMap(Arrays::stream).toArray(String[]::new));
            }
        }
        return rows;
    }

    /** One end of a bond, empty when its atom is not written. */
    private String[] partner(Map<ResidueId, List<OutputGroup>> byId, ResidueId id, String atom) {
        return byId.getOrDefault(id, List.of()).stream().filter(group -> group.atoms().stream().anyMatch(a -> a.name().equals(atom))).findFirst().map(group -> {
            Place place = places.get(group);
            return new String[] {place.asym(), group.component(), sequenceNumber(place), atom, chain(id), Integer.toString(id.number()), id.insertionCode(),
                    "1_555"};
        }).orElse(new String[0]);
    }

    private void writeAtoms() {
        out.append("#\nloop_\n");
        for (String column : ATOM_COLUMNS) {
            out.append("_atom_site.").append(column).append('\n');
        }
        int serial = 0;
        for (OutputGroup group : (Iterable<OutputGroup>) model.groups()::iterator) {
            for (StructureAtom atom : group.atoms()) {
                writeAtom(++serial, group, places.get(group), atom);
            }
        }
    }

    private void writeAtom(int serial, OutputGroup group, Place place, StructureAtom atom) {
        String element = atom.element().equals(Elements.UNKNOWN) ? "?" : atom.element().toUpperCase(Locale.ROOT);
        String charge = atom.charge() == 0 ? "?" : Integer.toString(atom.charge());
        String name = quoted(atom.name());
        String component = quoted(group.component());
        String insertion = group.id().insertionCode().isEmpty() ? "?" : quoted(group.id().insertionCode());
        String position = fixed(atom.position().x(), 4) + " " + fixed(atom.position().y(), 4) + " " + fixed(atom.position().z(), 4);
        out.append(String.join(" ", group.hetatm() ? "HETATM" : "ATOM", Integer.toString(serial), element, name, ".", component, place.asym(), place.entity(),
                sequenceNumber(place), insertion, position, fixed(atom.occupancy(), 2), fixed(atom.bFactor(), 2), charge,
                Integer.toString(group.id().number()), component, quoted(chain(group.id())), name, "1"));
        out.append('\n');
    }

    private static String fixed(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private static String sequenceNumber(Place place) {
        return place.sequenceNumber() == 0 ? "." : Integer.toString(place.sequenceNumber());
    }

    private void table(String category, List<String> columns, List<String[]> rows) {
        if (rows.isEmpty()) {
            return;
        }
        out.append("#\nloop_\n");
        columns.forEach(column -> out.append('_').append(category).append('.').append(column).append('\n'));
        rows.forEach(row -> out.append(String.join(" ", Arrays.stream(row).map(CifWriter::quoted).toList())).append('\n'));
    }

    /** Old files name no chain; a blank is kept apart from a value that is not given. */
    private static String chain(ResidueId id) {
        return id.chain().isEmpty() ? " " : id.chain();
    }

    /** A value as CIF text; {@code .} for an empty one. */
    static String quoted(String value) {
        if (value.isEmpty()) {
            return ".";
        }
        boolean plain = value.matches("[^\\s_#$'\"\\[\\];][^\\s]*") && !value.matches("(?i)(data_|save_|loop_|stop_|global_).*") && !value.equals(".")
                && !value.equals("?");
        if (plain) {
            return value;
        }
        String line = value.replaceAll("[\\r\\n]", " ");
        for (String quote : List.of("'", "\"")) {
            if (!line.contains(quote)) {
                return quote + line + quote;
            }
        }
        return "\n;" + line + "\n;";
    }
}
