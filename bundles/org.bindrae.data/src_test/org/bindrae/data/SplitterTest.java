package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitterTest {
    @TempDir
    Path folder;

    @Test
    void noGroupIsDividedAndNoSampleIsLost() {
        var random = new Random(1);
        for (int round = 0; round < 100; round++) {
            Map<String, String> groups = groups(random, 1 + random.nextInt(300), 1 + random.nextInt(60));
            Split split = new Splitter("family", Map.of(), groups).split(new SplitFractions(0.7, 0.1, 0.2), round);
            assertEquals(groups.keySet().stream().sorted().toList(), split.ids());
            Map<String, String> partOfGroup = new HashMap<>();
            parts(split).forEach((part, ids) -> ids.forEach(id -> assertEquals(part, partOfGroup.computeIfAbsent(groups.get(id), group -> part))));
        }
    }

    @Test
    void partsHaveTheirSharesOfSamples() {
        Map<String, String> groups = groups(new Random(2), 1000, 300);
        Split split = new Splitter("family", Map.of(), groups).split(new SplitFractions(0.8, 0.05, 0.15), 3);
        assertEquals(800, split.train().size(), 3);
        assertEquals(50, split.validation().size(), 3);
        assertEquals(150, split.test().size(), 3);
    }

    @Test
    void aPartOfFractionZeroStaysEmpty() {
        for (int seed = 0; seed < 20; seed++) {
            Split split = new Splitter("family", Map.of(), groups(new Random(seed), 57, 11)).split(new SplitFractions(0.9, 0, 0.1), seed);
            assertEquals(List.of(), split.validation());
        }
    }

    @Test
    void theSeedDecidesAndTheOrderDoesNot() {
        Map<String, String> groups = groups(new Random(3), 200, 100);
        Splitter splitter = new Splitter("family", Map.of(), groups);
        Split split = splitter.split(SplitFractions.defaults(), 1);
        List<String> reversed = new ArrayList<>(groups.keySet()).reversed();
        Map<String, String> other = new LinkedHashMap<>();
        reversed.forEach(id -> other.put(id, groups.get(id)));
        assertEquals(split, new Splitter("family", Map.of(), other).split(SplitFractions.defaults(), 1));
        assertNotEquals(split.test(), splitter.split(SplitFractions.defaults(), 2).test());
    }

    @Test
    void samplesWithoutAGroupAreAGroupEach() {
        Splitter splitter = Splitter.of("target", Map.of(), List.of("a", "b", "c"), Map.of("a", "1", "b", "1"));
        assertEquals(splitter.groups().get("a"), splitter.groups().get("b"));
        assertNotEquals(splitter.groups().get("a"), splitter.groups().get("c"));
    }

    @Test
    void aColumnOfTheDataSetGroups() {
        var data = new DataSet("set", List.of(), Map.of("a", Map.of("target", "1"), "b", Map.of("target", "1")), List.of());
        assertEquals(Map.of("a", "1", "b", "1"), Splitter.byColumn(data, "target", List.of("a", "b")).groups());
        assertThrows(IllegalArgumentException.class, () -> Splitter.byColumn(data, "family", List.of("a", "b")));
    }

    @Test
    void tablesOfFamiliesGroupByIdOrByThePartBeforeTheUnderscore() throws IOException {
        Path table = Files.writeString(folder.resolve("families.tsv"), "set\tid\tfamily_dev\tfamily_shared\nc\t10gs\t000\tD0\n"
                + "p\t7kru\t001\tD1\n\np\t1x0n_state_1\t002\tD1\n");
        Splitter splitter = GroupTable.read(table, "family_dev").splitter("family", List.of("10GS", "7kru_ATP", "1x0n_state_1"));
        assertEquals(Map.of("10GS", "000", "7kru_ATP", "001", "1x0n_state_1", "002"), splitter.groups());
        assertEquals("families.tsv", splitter.parameters().get("table"));
        assertEquals("D1", GroupTable.read(table, "Family_Shared").groups().get("7kru"));
        assertFault("no family_dev for 1 samples: 2abc", () -> GroupTable.read(table, "family_dev").splitter("family", List.of("2abc", "10gs")));
        assertFault("line 1: the header needs id, absent", () -> GroupTable.read(table, "absent"));
        Path twice = Files.writeString(folder.resolve("twice.tsv"), "id\tf\na\t1\nA\t2\n");
        assertFault("line 3: A belongs to two groups, 1 and 2", () -> GroupTable.read(twice, "f"));
    }

    @Test
    void severalTablesAreOneWhereEqualNamesAreTheSameGroup() throws IOException {
        Path families = Files.writeString(folder.resolve("families.tsv"), "set\tid\tfamily_shared\nc\t10gs\tD0\np\t7kru\tD1\n");
        Path chains = Files.writeString(folder.resolve("chains.csv"), "id,family\n1abc_A,D1\n1abc_B,T2\n10gs,D0\n");
        List<GroupTable.Column> columns = List.of(new GroupTable.Column(families, "family_shared"), new GroupTable.Column(chains, "family"));
        Splitter splitter = GroupTable.read(columns).splitter("family", List.of("10gs", "7kru_ATP", "1abc_A", "1abc_B"));
        assertEquals(Map.of("10gs", "D0", "7kru_ATP", "D1", "1abc_A", "D1", "1abc_B", "T2"), splitter.groups());
        assertEquals(Map.of("table", "families.tsv, chains.csv", "column", "family_shared, family"), splitter.parameters());
        assertFault("families.tsv: no family_shared, nor family in " + chains + " for 1 samples: 2xyz",
                () -> GroupTable.read(columns).splitter("family", List.of("10gs", "2xyz")));
        Files.writeString(chains, "id,family\n10GS,T9\n");
        assertFault("chains.csv: 10gs belongs to T9, but to D0 in another table", () -> GroupTable.read(columns));
        Files.writeString(chains, "id,other\n10GS,T9\n");
        assertFault("chains.csv: line 1: the header needs id, family", () -> GroupTable.read(columns));
    }

    @Test
    void partsMayBeSharesOfTheGroups() {
        Map<String, String> groups = groups(new Random(7), 3000, 900);
        long all = groups.values().stream().distinct().count();
        for (int seed = 0; seed < 20; seed++) {
            Split split = new Splitter("family", Map.of(), groups).split(new SplitFractions(0.85, 0.05, 0.1), Splitter.Share.GROUPS, seed);
            assertEquals(groups.keySet().stream().sorted().toList(), split.ids());
            List<String> test = split.test().stream().map(groups::get).distinct().toList();
            assertEquals(0.1 * all, test.size(), 1);
            assertEquals(0.05 * all, split.validation().stream().map(groups::get).distinct().count(), 1);
            assertTrue(split.train().stream().map(groups::get).noneMatch(test::contains));
            // large groups are tested too: the shares of the samples are about the same
            assertEquals(300, split.test().size(), 90);
        }
    }

    @Test
    void anIndexGroupsByTargetWithoutItsEntries() throws IOException {
        Path index = Files.writeString(folder.resolve("CoreSet.dat"), "#code resl year logKa Ka target\n"
                + "4llx 1.75 2014 2.89 Ki=1300uM 1\n5c28 1.56 2015 5.66 Ki=2.2uM 1\n");
        assertEquals(Map.of("4llx", "1", "5c28", "1"), GroupTable.read(index, "target").splitter("target", List.of("4llx", "5c28")).groups());
        assertFault("no column x; it has ka, logka, resl, target, year", () -> GroupTable.read(index, "x"));
    }

    /** Where the file is: 57 targets of five complexes each. */
    @Test
    void targetsOfCasfStayTogether() throws IOException {
        Path index = Path.of("../../../shared/data/CoreSet.dat");
        assumeTrue(Files.exists(index));
        GroupTable table = GroupTable.read(index, "target");
        assertEquals(285, table.groups().size());
        assertEquals(57, table.groups().values().stream().distinct().count());
        Split split = table.splitter("target", table.groups().keySet()).split(SplitFractions.defaults(), 1);
        parts(split).values().forEach(part -> assertEquals(0, part.size() % 5));
        assertEquals(285, split.ids().size());
    }

    @Test
    void fractionsMustAddUp() {
        assertThrows(IllegalArgumentException.class, () -> new SplitFractions(0.8, 0.1, 0.2));
        assertThrows(IllegalArgumentException.class, () -> new SplitFractions(1.1, -0.1, 0));
        assertThrows(IllegalArgumentException.class, () -> new SplitFractions(Double.NaN, 0, 1));
    }

    @Test
    void aSplitIsReadBackAsWritten() throws IOException {
        Split split = new Splitter("identity", Map.of("threshold", "0.3"), groups(new Random(4), 40, 9)).split(SplitFractions.defaults(), -7);
        Path file = folder.resolve("split.json");
        split.write(file);
        assertEquals(split, Split.read(file));
        byte[] bytes = Files.readAllBytes(file);
        split.write(file);
        assertEquals(-1, Arrays.mismatch(bytes, Files.readAllBytes(file)));
    }

    @Test
    void damagedSplitsAreRefusedAsSuch() throws IOException {
        Path file = folder.resolve("split.json");
        assertFault("no such split", () -> Split.read(file));
        Files.writeString(file, "{\"method\": \"x\", \"seed\": 1, \"parameters\": {}, \"train\": [\"a\"], \"validation\": [\"a\"], \"test\": []}");
        assertFault("the sample a twice", () -> Split.read(file));
        Files.writeString(file, "{\n\"method\": \"x\",\n \"seed\" 1");
        assertFault("line 3: not a split", () -> Split.read(file));
        Files.writeString(file, "{}");
        assertFault("not a split", () -> Split.read(file));
        Files.writeString(file, "{\"method\": \"x\", \"seed\": 1, \"parameters\": {}, \"train\": [null], \"validation\": [], \"test\": []}");
        assertFault("not a split", () -> Split.read(file));
        new Splitter("family", Map.of("a", "b"), groups(new Random(4), 9, 3)).split(SplitFractions.defaults(), 1).write(file);
        String good = Files.readString(file);
        var mutation = new Mutation(6);
        for (int round = 0; round < 500; round++) {
            Files.writeString(file, mutation.of(good));
            try {
                Split.read(file);
            } catch (IOException e) {
                assertTrue(e.getMessage().contains("split.json"), e.toString());
            }
        }
    }

    private static void assertFault(String expected, org.junit.jupiter.api.function.Executable action) {
        DataSetException fault = assertThrows(DataSetException.class, action);
        assertTrue(fault.getMessage().contains(expected), fault.getMessage());
        assertEquals(1, fault.getMessage().lines().count());
    }

    private static Map<String, List<String>> parts(Split split) {
        return Map.of("train", split.train(), "validation", split.validation(), "test", split.test());
    }

    private static Map<String, String> groups(Random random, int samples, int groups) {
        Map<String, String> result = new HashMap<>();
        for (int i = 0; i < samples; i++) {
            // unequal sizes
            result.put("s" + i, "g" + (int) (groups * random.nextDouble() * random.nextDouble()));
        }
        return result;
    }
}
