package org.bindrae.app.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;

import org.bindrae.shell.Foreground;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/** That the second signal ends the process is a test of the product. */
@DisabledOnOs(OS.WINDOWS)
class SignalsTest {
    @Test
    void theFirstSignalInterruptsAndTheLastHandlerComesBack() throws InterruptedException {
        Signal signal = new Signal("HUP");
        AtomicInteger heard = new AtomicInteger();
        SignalHandler before = Signal.handle(signal, _ -> heard.incrementAndGet());
        try {
            try (Foreground.Interruption _ = new Signals("HUP").interrupts()) {
                Signal.raise(signal);
                assertThrows(InterruptedException.class, () -> Thread.sleep(10_000));
            }
            assertEquals(0, heard.get());
            Signal.raise(signal);
            while (heard.get() == 0) {
                Thread.sleep(1);
            }
        } finally {
            Signal.handle(signal, before);
        }
    }

    @Test
    void aSignalAtTheVeryEndLeavesNoInterruption() {
        try (Foreground.Interruption _ = new Signals("HUP").interrupts()) {
            Thread.currentThread().interrupt();
        }
        assertFalse(Thread.interrupted());
    }
}
