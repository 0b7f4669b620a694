package org.bindrae.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.bindrae.data.sequence.internal.LocalAlignment;
import org.bindrae.geometry.ResidueConstants;

/**
 * Groups of proteins of which no chain is similar to a chain of another group: single linkage over all pairs of chains, each pair aligned. Similar are two
 * chains when the identical residues of their best local alignment (BLOSUM62, gaps 11/1) are more than {@code threshold} of its columns and the alignment is
 * longer or better than chance explains: fewer than 10⁻⁴ alignments of its score are expected of two unrelated sequences of these lengths (Karlin and Altschul
 * 1990; λ = 0.267, K = 0.041). Chains of fewer than {@value #SHORTEST} residues are left out unless a protein has no other. The time grows with the square of
 * the residues: half a minute of one processor for 470 chains of 320.
 *
 * @param threshold of the identity, such as 0.3
 */
public record SequenceClusters(double threshold) {
    /** Residues of the shortest chain that counts. */
    public static final int SHORTEST = 20;
    private static final double LAMBDA = 0.267;
    private static final double K = 0.041;
    private static final double CHANCE = 1e-4;

    /** @throws IllegalArgumentException unless the threshold is between 0 and 1 */
    public SequenceClusters {
        if (!(threshold > 0 && threshold <= 1)) {
            throw new IllegalArgumentException("an identity of " + threshold + " is not between 0 and 1");
        }
    }

    /** Identity as {@link SequenceClusters} defines it, of two sequences of one-letter codes; 0 when the best alignment may be chance. */
    public static double identity(String a, String b) {
        return identity(encode(a), encode(b));
    }

    private static double identity(byte[] a, byte[] b) {
        LocalAlignment alignment = LocalAlignment.of(a, b);
        double expected = K * a.length * b.length * StrictMath.exp(-LAMBDA * alignment.score());
        return expected < CHANCE ? (double) alignment.identities() / alignment.columns() : 0;
    }

    /** The chains of a protein that count, one-letter codes, without repeats. */
    public static List<String> chains(ResidueTable residues) {
        Map<String, StringBuilder> chains = new TreeMap<>();
        for (int i = 0; i < residues.size(); i++) {
            chains.computeIfAbsent(residues.ids().get(i).chain(), name -> new StringBuilder()).append(ResidueConstants.letter(residues.types()[i]));
        }
        List<String> distinct = chains.values().stream().map(StringBuilder::toString).distinct().toList();
        List<String> longEnough = distinct.stream().filter(chain -> chain.length() >= SHORTEST).toList();
        return longEnough.isEmpty() ? distinct : longEnough;
    }

    /**
     * Clusters proteins, on all processors. The result depends on the chains only.
     *
     * @param chains id → chains as from {@link #chains}
     * @param listener hears of aligned pairs
     * @return a splitter whose groups are named after their first member
     * @throws CancellationException when the thread was interrupted
     */
    public Splitter splitter(Map<String, List<String>> chains, ProgressListener listener) {
        List<String> ids = new ArrayList<>(new TreeSet<>(chains.keySet()));
        Map<String, Integer> sequences = new TreeMap<>();
        chains.values().forEach(list -> list.forEach(chain -> sequences.put(chain, 0)));
        // long ones first: their rows are the most work
        List<String> sorted = sequences.keySet().stream().sorted((a, b) -> b.length() - a.length()).toList();
        IntStream.range(0, sorted.size()).forEach(i -> sequences.put(sorted.get(i), i));
        var linkage = new Linkage(sorted.size() + ids.size());
        for (int p = 0; p < ids.size(); p++) {
            for (String chain : chains.get(ids.get(p))) {
                linkage.join(sequences.get(chain), sorted.size() + p);
            }
        }
        alignAll(sorted.stream().map(SequenceClusters::encode).toList(), linkage, listener);
        Map<Integer, String> names = new HashMap<>();
        Map<String, String> groups = new TreeMap<>();
        for (int p = 0; p < ids.size(); p++) {
            names.putIfAbsent(linkage.root(sorted.size() + p), ids.get(p));
            groups.put(ids.get(p), names.get(linkage.root(sorted.size() + p)));
        }
        return new Splitter("identity", Map.of("threshold", String.valueOf(threshold)), groups);
    }

    private void alignAll(List<byte[]> sequences, Linkage linkage, ProgressListener listener) {
        long total = (long) sequences.size() * (sequences.size() - 1) / 2;
        AtomicLong done = new AtomicLong();
        Thread caller = Thread.currentThread();
        IntStream.range(0, sequences.size()).parallel().forEach(i -> {
            if (caller.isInterrupted()) {
                throw new CancellationException("clustering stopped");
            }
            for (int j = i + 1; j < sequences.size(); j++) {
                // what is linked already needs no alignment
                if (!linkage.areJoined(i, j) && identity(sequences.get(i), sequences.get(j)) > threshold) {
                    linkage.join(i, j);
                }
            }
            listener.progress(done.addAndGet(sequences.size() - 1 - i), total, "pairs of chains", "");
        });
    }

    private static byte[] encode(String sequence) {
        byte[] types = new byte[sequence.length()];
        for (int i = 0; i < types.length; i++) {
            types[i] = (byte) ResidueConstants.typeOfLetter(sequence.charAt(i));
        }
        return types;
    }

    /** Disjoint sets. */
    private static final class Linkage {
        private final int[] parent;

        Linkage(int size) {
            parent = IntStream.range(0, size).toArray();
        }

        synchronized int root(int item) {
            int root = item;
            while (parent[root] != root) {
                root = parent[root];
            }
            for (int at = item; parent[at] != root;) {
                int next = parent[at];
                parent[at] = root;
                at = next;
            }
            return root;
        }

        synchronized boolean areJoined(int a, int b) {
            return root(a) == root(b);
        }

        synchronized void join(int a, int b) {
            // the smaller number leads, so that the result does not depend on the order
            int rootA = root(a);
            int rootB = root(b);
            parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
        }
    }
}
