package org.bindrae.shell;

import java.util.Arrays;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A command of the scope {@code bindrae}: parses its arguments with picocli, runs, and turns what goes wrong into a {@link CommandFailure} of one line. The subclass is a stateless
 * component with the service {@code ShellCommand}; each call gets an arguments object of its own.
 * <p>
 * A command with parts, such as {@code job pause} and {@code job resume}, names the arguments classes of the parts as {@code subcommands} of its own, and gets the object of the part that
 * was called. Where one must be named, its {@code synopsisSubcommandLabel} has no brackets.
 *
 * @param <A> arguments: the class annotated for picocli, or what it has in common with its subcommands
 */
public abstract class ShellCommand<A extends ShellCommand.Arguments> implements Function {
    /** Gogo scope of all commands. */
    public static final String SCOPE = "bindrae";

    private static final int USAGE_WIDTH = 110;
    private static final int NARROWEST_USAGE = 60;
    private static final List<String> VERBOSE = List.of("-v", "--verbose");

    /** Options that every command has. */
    public static class Arguments {
        @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help and leave")
        boolean help;

        @Option(names = {"-v", "--verbose"}, description = "show the stack trace of an error, too")
        boolean verbose;

        /** Whether results are printed as JSON. */
        protected boolean json() {
            return false;
        }
    }

    /** Options that every command has that lists something. */
    public static class ListingArguments extends Arguments {
        @Option(names = "--json", description = "print JSON instead of text, and nothing else")
        boolean json;

        @Override
        protected boolean json() {
            return json;
        }
    }

    /** What the command is about. */
    public abstract Subject subject();

    /** A fresh arguments object, annotated for picocli. */
    protected abstract A arguments();

    /** Does the work. Exceptions are reported by their message; one that is no {@link CommandFailure} and not about input counts as our fault and says so. */
    protected abstract void execute(A arguments, Console console) throws Exception;

    /** Called by Gogo, which would find no method for a name such as {@code verify-vectors}. */
    @Override
    public final Object execute(CommandSession session, List<Object> words) {
        return run(session, words.stream().map(String::valueOf).toArray(String[]::new));
    }

    /** Called by the Gogo method of the subclass. */
    protected final Object run(CommandSession session, String... words) {
        RunningCommands running = RunningCommands.of(session);
        running.begin();
        Exception failure = null;
        boolean cancelled;
        try {
            run(commandLine(), session, words);
        } catch (Exception e) {
            failure = e;
        } finally {
            cancelled = running.end();
        }
        if (failure != null) {
            trace(failure, words, Console.of(session, false));
            throw cancelled ? new CommandFailure(name() + " was cancelled", failure)
                    : failure instanceof CommandFailure known ? known : new CommandFailure(Failures.describe(failure), failure);
        }
        return null;
    }

    private void run(CommandLine line, CommandSession session, String... words) throws Exception {
        CommandLine called;
        try {
            List<CommandLine> parts = line.parseArgs(words).asCommandLineList();
            called = parts.getLast();
        } catch (ParameterException e) {
            throw new CommandFailure(CommandFailure.USAGE, usageMessage(e));
        }
        @SuppressWarnings("unchecked")
        A arguments = (A) called.getCommandSpec().userObject();
        Console console = Console.of(session, arguments.json());
        if (arguments.help) {
            console.out().print(usage(called, console.display()));
            return;
        }
        if (!called.getSubcommands().isEmpty() && !called.getCommandSpec().usageMessage().synopsisSubcommandLabel().startsWith("[")) {
            throw new CommandFailure(CommandFailure.USAGE, called.getCommandSpec().qualifiedName() + " what? Name one of: "
                    + String.join(", ", called.getSubcommands().keySet()));
        }
        try {
            execute(arguments, console);
        } finally {
            console.end();
        }
    }

    private static void trace(Exception e, String[] words, Console console) {
        int end = Arrays.asList(words).indexOf("--");
        if (Boolean.getBoolean("bindrae.trace") || Arrays.stream(words, 0, end < 0 ? words.length : end).anyMatch(VERBOSE::contains)) {
            e.printStackTrace(console.err());
        }
    }

    /** What {@code --help} prints about a command or a part of it. */
    public static String usage(CommandLine command, Display display) {
        int width = display.width() == 0 ? USAGE_WIDTH : Math.clamp(display.width(), NARROWEST_USAGE, USAGE_WIDTH);
        return command.setUsageHelpWidth(width).getUsageMessage();
    }

    /** One line about the command. */
    public final String summary() {
        String[] description = model().usageMessage().description();
        return description.length == 0 ? "" : description[0];
    }

    public final String name() {
        return model().name();
    }

    /** Options, parameters and subcommands. */
    public final CommandSpec model() {
        return commandLine().getCommandSpec();
    }

    private CommandLine commandLine() {
        CommandLine line = new CommandLine(arguments());
        line.setUsageHelpWidth(USAGE_WIDTH);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    private static String usageMessage(ParameterException e) {
        String message = e.getMessage().replace('\n', ' ');
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message += "; did you mean " + suggestions.getFirst() + "?";
            }
        }
        return message + " (see: help " + e.getCommandLine().getCommandSpec().qualifiedName() + ")";
    }
}
