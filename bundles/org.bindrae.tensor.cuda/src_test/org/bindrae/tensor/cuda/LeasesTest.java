package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.bindrae.tensor.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class LeasesTest {
    private static final long LONG = 60_000_000_000L;
    private static final long SHORT = 50_000_000L;

    @Test
    void whoeverHasOneIsAskedToLeaveAndWaitedFor() throws InterruptedException {
        Leases leases = new Leases("cuda:0", LONG);
        Device.Lease lease = leases.take();
        Device.Lease other = leases.take();
        assertFalse(lease.revoked());
        other.close();
        other.close();
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        Thread closing = Thread.ofPlatform().start(() -> {
            leases.revoke();
            leases.awaitClosed();
            order.add("closed");
        });
        while (!lease.revoked()) {
            Thread.onSpinWait();
        }
        Thread.sleep(20);
        order.add("left");
        lease.close();
        closing.join();
        assertEquals(List.of("left", "closed"), order);
        assertEquals("cuda:0 is going away", assertThrows(IllegalStateException.class, leases::take).getMessage());
    }

    @Test
    void patienceEnds() {
        Leases leases = new Leases("cuda:0", SHORT);
        leases.take();
        leases.revoke();
        long start = System.nanoTime();
        leases.awaitClosed();
        assertTrue(System.nanoTime() - start >= SHORT / 2);
        // it ends for all at the same time
        start = System.nanoTime();
        leases.awaitClosed();
        assertTrue(System.nanoTime() - start < SHORT);
    }

    @Test
    void anInterruptedThreadDoesNotWait() {
        Leases leases = new Leases("cuda:0", LONG);
        leases.take();
        leases.revoke();
        Thread.currentThread().interrupt();
        leases.awaitClosed();
        assertTrue(Thread.interrupted());
    }
}
