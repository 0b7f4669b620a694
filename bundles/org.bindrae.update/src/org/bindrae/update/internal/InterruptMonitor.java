package org.bindrae.update.internal;

import org.eclipse.core.runtime.NullProgressMonitor;

/** Cancels what p2 does when the thread of the command is interrupted, whichever thread asks. */
final class InterruptMonitor extends NullProgressMonitor {
    private final Thread command = Thread.currentThread();

    @Override
    public boolean isCanceled() {
        return super.isCanceled() || command.isInterrupted();
    }
}
