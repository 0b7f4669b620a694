package org.bindrae.shell.internal;

import java.io.PrintStream;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.bindrae.shell.CommandFailure;

import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A command of the scope {@code bindrae}: parses its arguments with picocli, runs, and turns what goes wrong into a {@link CommandFailure} of one line. The subclass is a stateless
 * component; each call gets an arguments object of its own.
 */
abstract class ShellCommand<A extends ShellCommand.Arguments> implements Function {
    /** Gogo scope of all commands. */
    static final String SCOPE = "bindrae";

    /** Options that every command has. */
    static class Arguments {
        @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help and leave")
        boolean help;
    }

    /** A fresh arguments object, annotated for picocli. */
    abstract A arguments();

    /** Does the work. Exceptions are reported by their message; one that is no {@link CommandFailure} and not about input counts as our fault and says so. */
    abstract void execute(A arguments, Console console) throws Exception;

    /** Called by Gogo, which would find no method for a name such as {@code verify-vectors}. */
    @Override
    public final Object execute(CommandSession session, List<Object> words) {
        return run(session, words.stream().map(String::valueOf).toArray(String[]::new));
    }

    /** Called by the Gogo method of the subclass. */
    final Object run(CommandSession session, String... words) {
        A arguments = arguments();
        CommandLine line = commandLine(arguments);
        PrintStream out = session.getConsole();
        try {
            line.parseArgs(words);
        } catch (ParameterException e) {
            throw new CommandFailure(CommandFailure.USAGE, usageMessage(line, e));
        }
        if (arguments.help) {
            line.usage(out);
            return null;
        }
        try {
            execute(arguments, Console.of(out, System.err));
        } catch (CommandFailure e) {
            throw e;
        } catch (Exception e) {
            throw new CommandFailure(Failures.describe(e), e);
        }
        return null;
    }

    /** What {@code help <command>} prints. */
    final String usage() {
        return commandLine(arguments()).getUsageMessage();
    }

    /** One line about the command. */
    final String summary() {
        String[] description = commandLine(arguments()).getCommandSpec().usageMessage().description();
        return description.length == 0 ? "" : description[0];
    }

    final String name() {
        return commandLine(arguments()).getCommandName();
    }

    private static CommandLine commandLine(Object arguments) {
        CommandLine line = new CommandLine(arguments);
        line.setUsageHelpWidth(110);
        line.setUsageHelpAutoWidth(true);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    private static String usageMessage(CommandLine line, ParameterException e) {
        String message = e.getMessage().replace('\n', ' ');
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message += "; did you mean " + suggestions.getFirst() + "?";
            }
        }
        return message + " (see: help " + line.getCommandName() + ")";
    }
}
