package org.bindrae.app.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.shell.Foreground;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/** Hears the signals that end a process: Ctrl-C, {@code kill}, and the end of the terminal. */
final class Signals implements Foreground {
    private final List<String> names;

    /** Of these names, without {@code SIG}. */
    Signals(String... names) {
        this.names = List.of(names);
    }

    @Override
    public Interruption interrupts() {
        Thread thread = Thread.currentThread();
        return hear(new LinkedHashMap<>(), _ -> thread.interrupt());
    }

    /** Until it is closed, does something at the first signal before that ends the process. The second one ends it at once. */
    Interruption precede(Runnable action) {
        Map<Signal, SignalHandler> before = new LinkedHashMap<>();
        return hear(before, signal -> {
            action.run();
            synchronized (before) {
                before.forEach(Signal::handle);
            }
            Signal.raise(signal);
        });
    }

    private Interruption hear(Map<Signal, SignalHandler> before, SignalHandler action) {
        SignalHandler first = received -> {
            synchronized (before) {
                // the second one is the operating system's
                before.keySet().forEach(signal -> Signal.handle(signal, SignalHandler.SIG_DFL));
            }
            action.handle(received);
        };
        synchronized (before) {
            for (String name : names) {
                install(name, first, before);
            }
        }
        return () -> {
            synchronized (before) {
                before.forEach(Signal::handle);
                before.clear();
            }
            // what came too late to be heard
            Thread.interrupted();
        };
    }

    private static void install(String name, SignalHandler handler, Map<Signal, SignalHandler> before) {
        try {
            Signal signal = new Signal(name);
            SignalHandler last = Signal.handle(signal, handler);
            if (last == SignalHandler.SIG_IGN) {
                // as nohup wants it
                Signal.handle(signal, last);
            } else {
                before.put(signal, last);
            }
        } catch (IllegalArgumentException e) {
            // a system without this signal, or a Java that was told to leave signals alone
        }
    }
}
