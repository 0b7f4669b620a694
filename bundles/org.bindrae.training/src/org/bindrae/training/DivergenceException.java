package org.bindrae.training;

/** The loss or its gradient is not a number. The weights were not changed by that step, and no checkpoint was touched. */
public final class DivergenceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DivergenceException(String message) {
        super(message);
    }
}
