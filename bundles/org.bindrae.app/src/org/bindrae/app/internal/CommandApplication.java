package org.bindrae.app.internal;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.bindrae.shell.Display;
import org.eclipse.equinox.app.IApplication;
import org.eclipse.equinox.app.IApplicationContext;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;

/**
 * Runs one shell command and leaves with its exit status. The words of the command line come from the system properties {@code bindrae.argument.0}, {@code bindrae.argument.1} and so
 * on, because the launcher of Equinox takes words such as {@code -data} for its own; without them from the arguments of the application.
 */
public final class CommandApplication implements IApplication {
    private static final String ARGUMENT = "bindrae.argument.";
    private static final String COLUMNS = "bindrae.columns";

    private volatile Thread runner;

    @Override
    public Object start(IApplicationContext context) {
        runner = Thread.currentThread();
        List<String> words = words((String[]) context.getArguments().get(IApplicationContext.APPLICATION_ARGS));
        // not System.out: Gogo replaces it, and its encoding depends on the locale
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        BundleContext bundles = FrameworkUtil.getBundle(CommandApplication.class).getBundleContext();
        ServiceReference<CommandProcessor> reference = bundles.getServiceReference(CommandProcessor.class);
        CommandProcessor processor = reference == null ? null : bundles.getService(reference);
        if (processor == null) {
            err.println("bindrae: the bundle org.apache.felix.gogo.runtime is not started");
            return OneCommand.FAILED;
        }
        if (words.equals(List.of("--version"))) {
            out.println(version(bundles.getBundle()));
            return OneCommand.DONE;
        }
        try (CommandSession session = processor.createSession(new FileInputStream(FileDescriptor.in), out, err)) {
            display().use(session);
            new Signals("INT", "TERM", "HUP").use(session);
            return new OneCommand(session, out, err).run(words);
        } finally {
            bundles.ungetService(reference);
        }
    }

    private static List<String> words(String[] arguments) {
        List<String> words = new ArrayList<>();
        String word = System.getProperty(ARGUMENT + 0);
        for (int i = 1; word != null; i++) {
            words.add(word);
            word = System.getProperty(ARGUMENT + i);
        }
        return words.isEmpty() ? new ArrayList<>(List.of(arguments)) : words;
    }

    private static String version(Bundle bundle) {
        String revision = bundle.getHeaders().get("Git-Revision");
        return "BINDRAE Workbench " + bundle.getVersion() + (revision == null ? "" : ", revision " + revision);
    }

    /** The launcher says how wide the terminal is when there is one where results go. */
    private static Display display() {
        int width = Integer.getInteger(COLUMNS, 0);
        Console console = System.console();
        boolean live = console != null && console.isTerminal();
        return width > 0 ? Display.terminal(width) : new Display(0, false, live);
    }

    @Override
    public void stop() {
        Thread thread = runner;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
