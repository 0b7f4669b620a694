package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;

import org.bindrae.geometry.ResidueConstants;
import org.junit.jupiter.api.Test;

class SequenceClustersTest {
    private final Random random = new Random(9);

    @Test
    void noPairAcrossPartsIsOverTheThreshold() {
        Map<String, List<String>> chains = new HashMap<>();
        for (int family = 0; family < 8; family++) {
            String ancestor = random(60 + random.nextInt(100));
            for (int member = 0; member < 1 + random.nextInt(6); member++) {
                chains.put("p" + family + member, List.of(mutated(ancestor, 0.35 + 0.5 * random.nextDouble())));
            }
        }
        var clusters = new SequenceClusters(0.3);
        Split split = clusters.splitter(chains, ProgressListener.NONE).split(new SplitFractions(0.5, 0.2, 0.3), 1);
        List<List<String>> parts = List.of(split.train(), split.validation(), split.test());
        int pairs = 0;
        for (List<String> part : parts) {
            for (String id : part) {
                for (List<String> other : parts) {
                    for (String stranger : other == part ? List.<String>of() : other) {
                        assertTrue(SequenceClusters.identity(chains.get(id).getFirst(), chains.get(stranger).getFirst()) <= 0.3, id + " " + stranger);
                        pairs++;
                    }
                }
            }
        }
        assertTrue(pairs > 100);
    }

    @Test
    void relativesAreJoinedAndStrangersAreNot() {
        String ancestor = random(150);
        Map<String, String> groups = groups(Map.of("a", List.of(ancestor), "b", List.of(mutated(ancestor, 0.4)), "c", List.of(random(150)), "d",
                List.of(random(400))));
        assertEquals(groups.get("a"), groups.get("b"));
        assertEquals(3, groups.values().stream().distinct().count());
    }

    @Test
    void oneCommonChainJoinsComplexesAndJoiningGoesOn() {
        String a = random(80);
        String b = random(90);
        String c = random(100);
        Map<String, String> groups = groups(Map.of("1", List.of(a, b), "2", List.of(b, c), "3", List.of(c), "4", List.of(random(85))));
        assertEquals(groups.get("1"), groups.get("3"));
        assertNotEquals(groups.get("1"), groups.get("4"));
    }

    @Test
    void aShortStretchInCommonIsChance() {
        String motif = random(9);
        String a = random(100) + motif + random(100);
        String b = random(120) + motif + random(80);
        assertEquals(0, SequenceClusters.identity(a, b));
        assertEquals(1, SequenceClusters.identity(a, a));
    }

    @Test
    void aDomainInCommonJoins() {
        String domain = random(70);
        assertTrue(SequenceClusters.identity(random(200) + domain, mutated(domain, 0.3) + random(150)) > 0.3);
    }

    @Test
    void chainsAreReadOffTheResidueTable() {
        String long1 = random(30);
        String long2 = random(40);
        assertEquals(List.of(long1, long2), SequenceClusters.chains(DrawnProtein.table(List.of(long1, long2, long1, "ACDEF"))),
                "repeats and peptides left out");
        assertEquals(List.of("ACDEF"), SequenceClusters.chains(DrawnProtein.table(List.of("ACDEF"))));
        assertEquals(List.of(), SequenceClusters.chains(DrawnProtein.table("")));
    }

    @Test
    void proteinsWithoutChainsAreClustersOfTheirOwn() {
        assertEquals(2, groups(Map.of("a", List.<String>of(), "b", List.<String>of())).values().stream().distinct().count());
    }

    @Test
    void groupsAreTheSameEveryTime() {
        Map<String, List<String>> chains = new HashMap<>();
        String ancestor = random(60);
        for (int i = 0; i < 40; i++) {
            chains.put("p" + i, List.of(mutated(ancestor, 0.55)));
        }
        assertEquals(groups(chains), groups(chains));
    }

    @Test
    void anInterruptedThreadStops() {
        Thread.currentThread().interrupt();
        try {
            assertThrows(CancellationException.class, () -> groups(Map.of("a", List.of(random(50)), "b", List.of(random(50)))));
        } finally {
            Thread.interrupted();
        }
    }

    private static Map<String, String> groups(Map<String, List<String>> chains) {
        return new SequenceClusters(0.3).splitter(chains, ProgressListener.NONE).groups();
    }

    private String random(int length) {
        StringBuilder sequence = new StringBuilder();
        for (int i = 0; i < length; i++) {
            sequence.append(ResidueConstants.LETTERS.charAt(random.nextInt(ResidueConstants.TYPES)));
        }
        return sequence.toString();
    }

    private String mutated(String sequence, double rate) {
        StringBuilder changed = new StringBuilder(sequence);
        for (int i = 0; i < changed.length(); i++) {
            if (random.nextDouble() < rate) {
                changed.setCharAt(i, ResidueConstants.LETTERS.charAt(random.nextInt(ResidueConstants.TYPES)));
            }
        }
        return changed.toString();
    }
}
