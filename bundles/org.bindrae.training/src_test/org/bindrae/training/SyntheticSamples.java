package org.bindrae.training;

import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Sample;

/** Small complexes for tests in other packages. */
public final class SyntheticSamples {
    private static final int RESIDUES = 9;

    private SyntheticSamples() {
    }

    /** One for each id. */
    public static List<Sample> of(String... ids) {
        return Arrays.stream(ids).map(id -> RandomComplex.whole(id, RESIDUES + id.hashCode() % 4, id.hashCode())).toList();
    }
}
