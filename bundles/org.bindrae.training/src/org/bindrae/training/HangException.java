package org.bindrae.training;

/** Work on a device does not end; the thread that waits for it was left behind with everything that the work may use. */
final class HangException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient BackendGuard guard;
    private final boolean backend;

    /** @param backend whether it is the backend that does not return */
    HangException(BackendGuard guard, boolean backend) {
        this.guard = guard;
        this.backend = backend;
    }

    BackendGuard guard() {
        return guard;
    }

    boolean isOfBackend() {
        return backend;
    }
}
