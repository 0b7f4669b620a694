package org.bindrae.tensor.cuda;

import java.util.concurrent.TimeUnit;

import org.bindrae.tensor.Device;

/** Who is using a card for long: asked to leave when it goes away, and waited for. */
final class Leases {
    private final String device;
    private final long patienceNanos;
    private int open;
    private boolean revoked;
    /** When nobody is waited for any more: {@link System#nanoTime}. */
    private long end;

    private final class Taken implements Device.Lease {
        private boolean closed;

        @Override
        public boolean revoked() {
            synchronized (Leases.this) {
                return revoked;
            }
        }

        @Override
        public void close() {
            synchronized (Leases.this) {
                if (!closed) {
                    closed = true;
                    open--;
                    Leases.this.notifyAll();
                }
            }
        }
    }

    /** @param patienceNanos how long leases are waited for after {@link #revoke()} */
    Leases(String device, long patienceNanos) {
        this.device = device;
        this.patienceNanos = patienceNanos;
    }

    synchronized Device.Lease take() {
        if (revoked) {
            throw new IllegalStateException(device + " is going away");
        }
        open++;
        return new Taken();
    }

    /** From now on there are no new ones, and the others are wanted back. */
    synchronized void revoke() {
        if (!revoked) {
            revoked = true;
            end = System.nanoTime() + patienceNanos;
        }
    }

    /** Waits until all are closed; not longer than some time after {@link #revoke()}, and not when this thread is interrupted. */
    synchronized void awaitClosed() {
        try {
            long left = end - System.nanoTime();
            while (open > 0 && left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = end - System.nanoTime();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
