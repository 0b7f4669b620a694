package org.bindrae.tensor.cuda.driver;

/** There is no card, or no driver for one, as on any machine that has none; the message says which. */
public final class NoCardException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoCardException(String message) {
        super(message);
    }

    NoCardException(String message, Throwable cause) {
        super(message, cause);
    }
}
