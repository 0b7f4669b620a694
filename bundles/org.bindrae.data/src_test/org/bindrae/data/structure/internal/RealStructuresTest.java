package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureException;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.tensor.io.SafetensorsFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real structures, where the property {@code bindrae.complexes} names a folder with {@code posebusters}, {@code plip_raw55} and others. */
@EnabledIfSystemProperty(named = "bindrae.complexes", matches = ".+")
class RealStructuresTest {
    private static final Pattern ID = Pattern.compile("\"([^\"]*):(-?\\d+)([A-Z]?):([A-Z0-9]+)\"");

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(System.getProperty("bindrae.complexes")))) {
            return files.filter(file -> file.toString().matches(".*\\.(pdb|cif)") && !file.toString().endsWith("_pocket.pdb")).sorted().toList();
        }
    }

    /** OpenFold's reading of the same file: its residues, a part of ours, have the same atoms at the same places, in single precision. */
    @ParameterizedTest
    @ValueSource(strings = {"1vsn.pdb", "6z4n.cif"})
    void residuesAndPositionsAreThoseThatOpenFoldReads(String name) throws IOException {
        Path vectors = Path.of("..", "org.bindrae.samples", "src", "vectors", "geom_" + name.substring(0, 4) + ".safetensors");
        SafetensorsFile expected = SafetensorsFile.read(vectors);
        ResidueTable residues = StructureReader.read(files().stream().filter(file -> file.endsWith(name)).findFirst().orElseThrow()).residues();
        List<String> ours = IntStream.range(0, residues.size()).mapToObj(i -> residues.ids().get(i) + ":" + residues.names().get(i)).toList();
        List<String> theirs = new ArrayList<>();
        ID.matcher(expected.metadata().get("residues")).results().forEach(id -> theirs.add(id.group(1) + ":" + id.group(2) + id.group(3) + ":" + id.group(4)));
        int first = ours.indexOf(theirs.getFirst());
        assertEquals(theirs, ours.subList(first, first + theirs.size()));
        double[] positions = expected.doubles("out.atom14_gt_positions");
        double[] exists = expected.doubles("out.atom14_gt_exists");
        int[] types = expected.ints("in.aatype");
        for (int i = 0; i < types.length; i++) {
            assertEquals(types[i], residues.types()[first + i]);
            for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
                int mine = (first + i) * ResidueConstants.SLOTS + slot;
                int other = i * ResidueConstants.SLOTS + slot;
                String place = theirs.get(i) + " slot " + slot;
                assertEquals(exists[other] > 0.5, residues.present()[mine], place);
                for (int axis = 0; axis < 3 && residues.present()[mine]; axis++) {
                    assertEquals((float) positions[3 * other + axis], (float) residues.atom14()[3 * mine + axis], place);
                }
            }
        }
    }

    @Test
    void allButTheDamagedFileAreRead() throws IOException {
        List<String> refused = new ArrayList<>();
        int residues = 0;
        for (Path file : files()) {
            try {
                Structure structure = StructureReader.read(file);
                residues += structure.residues().size();
                assertTrue(structure.residues().size() > 0);
            } catch (StructureException e) {
                refused.add(file.getFileName().toString());
            }
        }
        assertEquals(List.of("4dst_protonated.pdb"), refused, "its atoms stand twice at the same number without a location");
        assertTrue(residues > 200_000, residues + " residues");
    }
}
