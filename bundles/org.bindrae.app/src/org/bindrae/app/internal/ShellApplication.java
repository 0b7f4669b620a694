package org.bindrae.app.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Hashtable;

import org.apache.felix.gogo.jline.Builtin;
import org.apache.felix.gogo.jline.Converters;
import org.apache.felix.gogo.jline.Posix;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.Converter;
import org.bindrae.shell.Completion;
import org.bindrae.shell.Foreground;
import org.eclipse.equinox.app.IApplication;
import org.eclipse.equinox.app.IApplicationContext;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;

/** The interactive shell at the terminal of the process; the workbench ends when its user leaves. */
public final class ShellApplication implements IApplication {
    /** The framework's own commands; single commands do not need them. */
    private static final String FRAMEWORK_COMMANDS = "org.apache.felix.gogo.command";
    private static final String[] FILTERS = {"cat", "echo", "grep", "head", "less", "ls", "pwd", "sort", "tail", "wc", "clear", "date"};
    private static final String[] READER = {"history"};

    private volatile Terminal terminal;

    @Override
    public Object start(IApplicationContext context) throws BundleException, IOException {
        BundleContext bundles = FrameworkUtil.getBundle(ShellApplication.class).getBundleContext();
        ServiceReference<CommandProcessor> reference = bundles.getServiceReference(CommandProcessor.class);
        CommandProcessor processor = reference == null ? null : bundles.getService(reference);
        if (processor == null) {
            System.err.println("bindrae: the bundle org.apache.felix.gogo.runtime is not started");
            return OneCommand.FAILED;
        }
        context.applicationRunning();
        for (Bundle bundle : Arrays.stream(bundles.getBundles()).filter(bundle -> FRAMEWORK_COMMANDS.equals(bundle.getSymbolicName())).toList()) {
            bundle.start(Bundle.START_TRANSIENT);
        }
        // not by starting their bundle, which would start its own shell; nor all of them, as some would hide or contradict ours
        bundles.registerService(Posix.class, new Posix(processor), functions(FILTERS));
        bundles.registerService(Builtin.class, new Builtin(), functions(READER));
        bundles.registerService(Converter.class, new Converters(bundles.getBundle(0).getBundleContext()), null);
        try (Terminal own = TerminalBuilder.builder().name("bindrae").system(true).dumb(true).encoding(StandardCharsets.UTF_8).nativeSignals(true)
                .signalHandler(Terminal.SignalHandler.SIG_IGN).build();
                Foreground.Interruption _ = new Signals("TERM", "HUP").precede(this::stop)) {
            terminal = own;
            new InteractiveShell(processor, own, () -> completion(bundles), HistoryFile.ofUser()).run();
        }
        // not by way of the end of the framework, which the process does not wait for
        RunningJobs.stop(bundles);
        return IApplication.EXIT_OK;
    }

    private static Hashtable<String, Object> functions(String... names) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(CommandProcessor.COMMAND_SCOPE, "gogo");
        properties.put(CommandProcessor.COMMAND_FUNCTION, names);
        return properties;
    }

    private static Completion completion(BundleContext bundles) {
        ServiceReference<Completion> reference = bundles.getServiceReference(Completion.class);
        return reference == null ? null : bundles.getService(reference);
    }

    @Override
    public void stop() {
        RunningJobs.stop(FrameworkUtil.getBundle(ShellApplication.class).getBundleContext());
        Terminal open = terminal;
        if (open != null) {
            try {
                // whoever reads from it gets the end of the input
                open.close();
            } catch (IOException e) {
                System.err.println("bindrae: " + e);
            }
        }
    }
}
