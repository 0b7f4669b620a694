package org.bindrae.tensor;

/** A device has not enough memory for what it was asked to do; the message says how much is missing. */
public abstract class DeviceMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    protected DeviceMemoryException(String message) {
        super(message);
    }
}
