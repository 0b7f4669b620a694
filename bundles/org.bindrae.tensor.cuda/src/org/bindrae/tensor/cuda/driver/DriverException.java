package org.bindrae.tensor.cuda.driver;

/** The CUDA driver refused something; the message says what was being done and what the driver said. */
public final class DriverException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DriverException(String message) {
        super(message);
    }

    public DriverException(String message, Throwable cause) {
        super(message, cause);
    }
}
