package org.bindrae.data.structure.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what happened to residues and says it in one sentence per kind. */
final class Notes {
    private static final int NAMED = 10;
    private final Map<String, List<String>> places = new LinkedHashMap<>();

    /** A sentence that belongs to no place, without a full stop. */
    void add(String sentence) {
        places.computeIfAbsent(sentence, key -> new ArrayList<>());
    }

    /** The same for a place, which will be listed with others behind the sentence. */
    void add(String sentence, Object place) {
        places.computeIfAbsent(sentence, key -> new ArrayList<>()).add(place.toString());
    }

    List<String> sentences() {
        List<String> sentences = new ArrayList<>();
        places.forEach((sentence, where) -> {
            if (where.isEmpty()) {
                sentences.add(sentence);
            } else {
                String more = where.size() > NAMED ? " and " + (where.size() - NAMED) + " more" : "";
                sentences.add(sentence + ": " + String.join(", ", where.subList(0, Math.min(NAMED, where.size()))) + more);
            }
        });
        return sentences;
    }
}
