package org.bindrae.training;

/** The thread was left behind, and another one has taken over its run: all that is left to do is to give back what it holds. */
final class AbandonedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AbandonedException() {
        super("the run went on without this thread");
    }
}
