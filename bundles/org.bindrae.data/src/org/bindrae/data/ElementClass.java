package org.bindrae.data;

import org.bindrae.data.structure.internal.Elements;

/** The elements that networks tell apart. Their order is part of what a trained network knows. */
public enum ElementClass {
    C, N, O, S, P, F, CL, BR, I,
    /** Any metal. */
    METAL,
    /** What is none of the others, or unknown. */
    OTHER;

    /** How many of them stand for one element each; these come first. */
    public static final int SINGLE = METAL.ordinal();

    /**
     * The class of an element.
     *
     * @param symbol in its usual spelling, such as Cl
     */
    public static ElementClass of(String symbol) {
        return switch (symbol) {
            case "C" -> C;
            case "N" -> N;
            case "O" -> O;
            case "S" -> S;
            case "P" -> P;
            case "F" -> F;
            case "Cl" -> CL;
            case "Br" -> BR;
            case "I" -> I;
            default -> Elements.isMetal(symbol) ? METAL : OTHER;
        };
    }
}
