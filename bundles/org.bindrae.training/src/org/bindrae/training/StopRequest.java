package org.bindrae.training;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks a run to end after the step under way, with a checkpoint; a run that waits ends at once. Made by any thread, once for all. */
public final class StopRequest {
    private final CountDownLatch made = new CountDownLatch(1);

    /** Makes the request; nothing when it was made already. */
    public void make() {
        made.countDown();
    }

    /** Whether it was made. */
    public boolean isMade() {
        return made.getCount() == 0;
    }

    /** @throws InterruptedException when it was made, or this thread was interrupted */
    void check() throws InterruptedException {
        if (Thread.interrupted() || isMade()) {
            throw new InterruptedException();
        }
    }

    /**
     * Does nothing for a while.
     *
     * @throws InterruptedException as soon as it is made, or this thread is interrupted
     */
    void pause(long millis) throws InterruptedException {
        if (made.await(millis, TimeUnit.MILLISECONDS)) {
            throw new InterruptedException();
        }
    }
}
