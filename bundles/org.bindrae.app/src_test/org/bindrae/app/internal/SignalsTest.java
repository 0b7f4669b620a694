package org.bindrae.app.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.bindrae.shell.Foreground;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/** With a signal that nobody lets processes ignore, as nohup does with those that end one. That the second signal ends the process is a test of the product. */
@DisabledOnOs(OS.WINDOWS)
class SignalsTest {
    @Test
    void theFirstSignalInterruptsAndTheLastHandlerComesBack() throws InterruptedException {
        Signal signal = new Signal("WINCH");
        AtomicInteger heard = new AtomicInteger();
        SignalHandler before = Signal.handle(signal, _ -> heard.incrementAndGet());
        try {
            try (Foreground.Interruption _ = new Signals("WINCH").interrupts()) {
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
    void whatPrecedesTheEndIsDoneOnceAndTheSignalGoesOn() throws InterruptedException {
        Signal signal = new Signal("WINCH");
        List<String> heard = new CopyOnWriteArrayList<>();
        SignalHandler before = Signal.handle(signal, _ -> heard.add("end"));
        try (Foreground.Interruption _ = new Signals("WINCH").precede(() -> heard.add("first"))) {
            Signal.raise(signal);
            while (heard.size() < 2) {
                Thread.sleep(1);
            }
            assertEquals(List.of("first", "end"), heard);
        } finally {
            Signal.handle(signal, before);
        }
    }

    @Test
    void aSignalAtTheVeryEndLeavesNoInterruption() {
        try (Foreground.Interruption _ = new Signals("WINCH").interrupts()) {
            Thread.currentThread().interrupt();
        }
        assertFalse(Thread.interrupted());
    }
}
