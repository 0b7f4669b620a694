package org.bindrae.training;

import org.bindrae.attention.AttentionBackends;

/** An attention backend has done something that it must not do. No weights have changed; the step can be taken anew with another one. */
final class BackendFaultException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient AttentionBackends.Choice choice;
    private final String reason;

    /** @param reason completes the sentence "the backend is out of service because it …" */
    BackendFaultException(AttentionBackends.Choice choice, String reason, Throwable cause) {
        super("attention backend " + choice.backend().name() + " " + reason, cause);
        this.choice = choice;
        this.reason = reason;
    }

    AttentionBackends.Choice choice() {
        return choice;
    }

    String reason() {
        return reason;
    }
}
