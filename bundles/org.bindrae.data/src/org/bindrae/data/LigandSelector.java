package org.bindrae.data;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds a hetero group of a structure by what the user calls it. */
record LigandSelector(Structure structure) {
    private static final int LISTED = 12;

    /** A group and what was decided on the way to it. */
    record Choice(HeteroGroup group, List<String> notes) {
    }

    /** @throws LigandException listing what there is, when no group or more than one fits */
    Choice choose(String selector) throws LigandException {
        if (selector.toLowerCase(Locale.ROOT).equals(LigandReader.AUTO)) {
            return largest();
        }
        List<HeteroGroup> fitting = structure.heteroGroups().stream().filter(group -> fits(group, selector.strip())).toList();
        if (fitting.size() == 1) {
            return new Choice(fitting.getFirst(), List.of());
        }
        if (fitting.isEmpty()) {
            throw new LigandException(structure.file() + ": no ligand '" + selector + "'; it has " + names(structure.heteroGroups()));
        }
        throw new LigandException(structure.file() + ": '" + selector + "' may be any of " + names(fitting));
    }

    /** Whether there is a group that {@link LigandReader#AUTO} would take. */
    boolean hasLigand() {
        return structure.heteroGroups().stream().anyMatch(LigandSelector::isLigand);
    }

    private static boolean isLigand(HeteroGroup group) {
        return group.kind() == HeteroGroup.Kind.LIGAND;
    }

    private Choice largest() throws LigandException {
        List<HeteroGroup> ligands = structure.heteroGroups().stream().filter(LigandSelector::isLigand).toList();
        HeteroGroup first = ligands.stream().max(Comparator.comparingInt((HeteroGroup group) -> group.atoms().size())
                .thenComparing(group -> -ligands.indexOf(group)))
                .orElseThrow(() -> new LigandException(structure.file() + ": no ligand but solvent and ions; it has " + names(structure.heteroGroups())));
        long equal = ligands.stream().filter(group -> group.atoms().size() == first.atoms().size()).count();
        if (ligands.size() == 1) {
            return new Choice(first, List.of());
        }
        String note = "The ligand " + first + " was chosen as the largest of " + ligands.size() + " groups"
                + (equal > 1 ? ", the first of " + equal + " of this size" : "");
        return new Choice(first, List.of(note));
    }

    /** {@code RES}, {@code CHAIN:RES} or {@code CHAIN:RES:NUMBER}, the number with its insertion code. */
    private static boolean fits(HeteroGroup group, String selector) {
        String chain = group.id().chain();
        String number = group.id().number() + group.id().insertionCode();
        return selector.equals(group.component()) || selector.equals(chain + ":" + group.component())
                || selector.equals(chain + ":" + group.component() + ":" + number);
    }

    private static String names(List<HeteroGroup> groups) {
        if (groups.isEmpty()) {
            return "no hetero groups";
        }
        String names = groups.stream().sorted(Comparator.comparing(group -> !isLigand(group))).limit(LISTED).map(HeteroGroup::toString)
                .collect(Collectors.joining(" "));
        return groups.size() > LISTED ? names + " and " + (groups.size() - LISTED) + " more" : names;
    }
}
