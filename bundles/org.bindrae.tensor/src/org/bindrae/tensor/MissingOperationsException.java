package org.bindrae.tensor;

/** Nothing installed brings some operations to a device, or nothing does any more. They may come with a bundle that is started later. */
public final class MissingOperationsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final Class<?> type;

    /** @param type what {@link Device#operations} was asked for */
    public MissingOperationsException(Class<?> type, String message) {
        super(message);
        this.type = type;
    }

    /** What {@link Device#operations} was asked for. */
    public Class<?> type() {
        return type;
    }
}
