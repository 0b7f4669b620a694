package org.bindrae.data.structure.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import org.biojava.nbio.structure.Element;

/** Chemical elements by symbol, and what atom names tell of them where a file does not give the element. */
public final class Elements {
    /** Stands for an element that nothing tells. */
    static final String UNKNOWN = "X";
    private static final Map<String, Element> BY_SYMBOL = bySymbol();

    private Elements() {
    }

    private static Map<String, Element> bySymbol() {
        Map<String, Element> elements = new HashMap<>();
        for (Element element : Element.values()) {
            elements.put(element.name().toUpperCase(Locale.ROOT), element);
        }
        // BioJava's stand-in for unknown atoms
        elements.remove("R");
        return elements;
    }

    /** The symbol in its usual spelling (any case, spaces allowed), null when there is no such element; hydrogen for its isotopes. */
    static String symbol(String text) {
        Element element = BY_SYMBOL.get(text.strip().toUpperCase(Locale.ROOT));
        if (element == null) {
            return null;
        }
        if (element.isHydrogen()) {
            return "H";
        }
        String name = element.name();
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }

    static boolean isHydrogen(String symbol) {
        return symbol.equals("H");
    }

    /** Whether an element, by its symbol in usual spelling, is a metal. */
    public static boolean isMetal(String symbol) {
        Element element = BY_SYMBOL.get(symbol.toUpperCase(Locale.ROOT));
        return element != null && element.isMetal();
    }

    /**
     * Guesses from the four name columns of a PDB record: the element stands right-justified in the first two, but hydrogens with long names start in the
     * first.
     *
     * @param organic whether the component is an amino acid or nucleotide, which have one-letter elements but for selenium
     */
    static String ofPdbName(String columns, boolean organic) {
        String name = columns.strip().toUpperCase(Locale.ROOT);
        if (organic) {
            return name.equals("SE") ? "Se" : ofFirstLetter(name);
        }
        String twoLetters = symbol(columns.substring(0, 2));
        boolean firstColumn = Character.isLetter(columns.charAt(0));
        boolean longHydrogen = firstColumn && columns.charAt(0) == 'H' && name.length() == 4;
        if (twoLetters != null && firstColumn && Character.isLetter(columns.charAt(1)) && !longHydrogen) {
            return twoLetters;
        }
        return ofFirstLetter(name);
    }

    /** Guesses from a name without columns: that of a lone atom is its element, other names start with a one-letter element or Cl, Br, Se. */
    static String ofName(String atom, String component) {
        String name = atom.toUpperCase(Locale.ROOT);
        String whole = name.equals(component) ? symbol(name) : null;
        if (whole != null) {
            return whole;
        }
        if (name.startsWith("CL") || name.startsWith("BR") || name.equals("SE")) {
            return symbol(name.substring(0, 2));
        }
        return ofFirstLetter(name);
    }

    private static String ofFirstLetter(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (Character.isLetter(name.charAt(i))) {
                String symbol = symbol(name.substring(i, i + 1));
                return symbol == null ? UNKNOWN : symbol;
            }
        }
        return UNKNOWN;
    }
}
