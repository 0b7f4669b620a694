package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Products with one result, which are added up before they are rounded to it: c = Σ a·b + beta·c with the beta of the first.
 *
 * @param terms in this order; not transposed, with a factor alpha of one and without an epilogue
 * @param precision of all
 */
record GemmSum(List<GemmProblem> terms, GemmPrecision precision) {
    /** Products of one launch. */
    static final int MOST_TERMS = 4;

    /**
     * Sums that come to the same, one after another: of products of one precision, as many as there may be in a launch; in double precision of one.
     *
     * @param products with one result, in their order; all but the first are added to it
     * @param single how products of single-precision tensors are computed
     */
    static List<GemmSum> parts(List<GemmProblem> products, GemmPrecision single) {
        Map<GemmPrecision, List<GemmProblem>> alike = new EnumMap<>(GemmPrecision.class);
        for (GemmProblem product : products) {
            alike.computeIfAbsent(product.precision(single), _ -> new ArrayList<>()).add(product);
        }
        List<GemmSum> parts = new ArrayList<>();
        double beta = products.getFirst().beta();
        for (Map.Entry<GemmPrecision, List<GemmProblem>> entry : alike.entrySet()) {
            int most = entry.getKey() == GemmPrecision.F64 ? 1 : MOST_TERMS;
            List<GemmProblem> all = entry.getValue();
            for (int from = 0; from < all.size(); from += most) {
                List<GemmProblem> terms = new ArrayList<>(all.subList(from, Math.min(from + most, all.size())));
                terms.set(0, terms.getFirst().withBeta(parts.isEmpty() ? beta : 1));
                parts.add(new GemmSum(terms, entry.getKey()));
            }
        }
        return parts;
    }

    GemmProblem first() {
        return terms.getFirst();
    }

    /** Steps of shared memory along k: every product begins with another one. */
    int steps() {
        return terms.stream().mapToInt(term -> Math.max(1, term.steps())).sum();
    }

    /** Whether tiles of both are the same work. */
    boolean isAlike(GemmSum other) {
        return precision == other.precision && first().m() == other.first().m() && first().n() == other.first().n()
                && first().c().stride() == other.first().c().stride() && steps() == other.steps();
    }

    /** Whether all factors can be read by fours. */
    boolean hasVectors() {
        return terms.stream().allMatch(GemmProblem::hasVectors);
    }
}
