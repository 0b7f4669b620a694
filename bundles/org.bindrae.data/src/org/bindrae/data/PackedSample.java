package org.bindrae.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;

/**
 * A sample as bytes. Positions of the protein and its surroundings are kept in steps of 0.01 Å, each as the difference to the atom before, for these are small
 * numbers; all else is kept as it is.
 */
final class PackedSample {
    /** Steps per Å. */
    private static final double STEPS = 100;
    /** Coordinates are smaller, so that differences are whole numbers of 32 bits; Å. */
    private static final double LARGEST = 1e7;

    /** What is neither a number nor a name of many. */
    private record Text(Ligand ligand, List<String> notes) {
    }

    private PackedSample() {
    }

    /** @throws IOException when a coordinate is no number or too large */
    static byte[] pack(Sample sample) throws IOException {
        ResidueTable table = sample.residues();
        List<ResidueId> ids = table.ids();
        LigandTokens tokens = sample.tokens();
        return new ColumnWriter().text(SampleCache.JSON.writeValueAsString(new Text(sample.ligand(), sample.notes())))
                .names(ids.stream().map(ResidueId::chain).toList())
                .ints(differences(ids.stream().mapToInt(ResidueId::number).toArray()))
                .names(ids.stream().map(ResidueId::insertionCode).toList())
                .names(table.names()).ints(table.types()).bits(table.breakBefore()).bits(table.present())
                .ints(steps(known(table))).ints(sample.surroundings().elements()).ints(steps(sample.surroundings().positions()))
                .doubles(tokens.positions()).floats(tokens.features()).doubles(sample.ligandDistance()).doubles(sample.pocketWeight())
                .toBytes();
    }

    /** @throws IOException when these are no bytes of a sample */
    static Sample unpack(String id, String hash, byte[] packed) throws IOException {
        try {
            ColumnReader columns = new ColumnReader(packed);
            Text text = SampleCache.JSON.readValue(columns.text(), Text.class);
            ResidueTable table = table(columns);
            int[] elements = columns.ints();
            HeteroAtoms surroundings = new HeteroAtoms(positions(columns.ints()), elements);
            LigandTokens tokens = new LigandTokens(columns.doubles(), columns.floats());
            return new Sample(id, table, text.ligand(), tokens, surroundings, columns.doubles(), columns.doubles(), text.notes(), hash);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static ResidueTable table(ColumnReader columns) throws IOException {
        List<String> chains = columns.names();
        int[] numbers = sums(columns.ints());
        List<String> insertionCodes = columns.names();
        List<ResidueId> ids = new ArrayList<>();
        if (numbers.length != chains.size() || insertionCodes.size() != chains.size()) {
            throw new IOException("columns of different length");
        }
        for (int i = 0; i < numbers.length; i++) {
            ids.add(new ResidueId(chains.get(i), numbers[i], insertionCodes.get(i)));
        }
        List<String> names = columns.names();
        int[] types = columns.ints();
        boolean[] breakBefore = columns.bits();
        boolean[] present = columns.bits();
        return new ResidueTable(ids, names, types, atom14(present, positions(columns.ints())), present, breakBefore);
    }

    /** Positions of the atoms that have one, in the order of the table. */
    private static double[] known(ResidueTable table) {
        double[] known = new double[table.atom14().length];
        int count = 0;
        for (int atom = 0; atom < table.present().length; atom++) {
            if (table.present()[atom]) {
                System.arraycopy(table.atom14(), 3 * atom, known, count, 3);
                count += 3;
            }
        }
        return Arrays.copyOf(known, count);
    }

    private static double[] atom14(boolean[] present, double[] known) {
        double[] atom14 = new double[3 * present.length];
        int at = 0;
        for (int atom = 0; atom < present.length && at < known.length; atom++) {
            if (present[atom]) {
                System.arraycopy(known, at, atom14, 3 * atom, 3);
                at += 3;
            }
        }
        return atom14;
    }

    private static int[] steps(double[] positions) throws IOException {
        int[] steps = new int[positions.length];
        int[] before = new int[3];
        for (int i = 0; i < steps.length; i++) {
            if (!(Math.abs(positions[i]) < LARGEST)) {
                throw new IOException("the coordinate " + positions[i] + " Å cannot be packed");
            }
            int step = (int) Math.round(positions[i] * STEPS);
            steps[i] = step - before[i % 3];
            before[i % 3] = step;
        }
        return steps;
    }

    private static double[] positions(int[] steps) {
        double[] positions = new double[steps.length];
        int[] sum = new int[3];
        for (int i = 0; i < steps.length; i++) {
            sum[i % 3] += steps[i];
            positions[i] = sum[i % 3] / STEPS;
        }
        return positions;
    }

    private static int[] differences(int[] values) {
        int[] differences = values.clone();
        for (int i = 1; i < values.length; i++) {
            differences[i] = values[i] - values[i - 1];
        }
        return differences;
    }

    private static int[] sums(int[] differences) {
        int[] values = differences.clone();
        for (int i = 1; i < values.length; i++) {
            values[i] += values[i - 1];
        }
        return values;
    }
}
