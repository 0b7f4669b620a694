package org.bindrae.attention;

/**
 * Whether a backend can do something, and why not.
 *
 * @param reason empty when {@code ok}
 */
public record Support(boolean ok, String reason) {
    public static final Support YES = new Support(true, "");

    /** {@code reason} completes the sentence "this backend cannot run here because …". */
    public static Support no(String reason) {
        return new Support(false, reason);
    }
}
