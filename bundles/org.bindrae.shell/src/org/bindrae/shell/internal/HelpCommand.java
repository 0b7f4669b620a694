package org.bindrae.shell.internal;

import java.util.Comparator;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.CommandFailure;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code help}: all commands, or one of them. */
@Component(service = HelpCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "help")
public final class HelpCommand extends ShellCommand<HelpCommand.Arguments> {
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<ShellCommand<?>> commands;

    /** Of the commands that are installed. */
    public HelpCommand() {
        this(List.of());
    }

    /** Of these commands. */
    HelpCommand(List<ShellCommand<?>> commands) {
        this.commands = commands;
    }

    @Command(name = "help", description = "Lists the commands, or explains one of them.")
    static final class Arguments extends ShellCommand.Arguments {
        @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "the command to explain")
        String command;
    }

    @Override
    Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("lists the commands, or explains one of them")
    public Object help(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    void execute(Arguments arguments, Console console) {
        List<ShellCommand<?>> sorted = commands.stream().sorted(Comparator.comparing(ShellCommand::name)).toList();
        if (arguments.command != null) {
            console.println(sorted.stream().filter(c -> c.name().equals(arguments.command)).findFirst()
                    .orElseThrow(() -> new CommandFailure(CommandFailure.USAGE, "there is no command '" + arguments.command + "'; see: help")).usage()
                    .stripTrailing());
            return;
        }
        TextTable table = new TextTable("command", "what it does");
        sorted.forEach(command -> table.row(command.name(), command.summary()));
        console.println(table.toString());
        console.println("help COMMAND explains one; every command also takes --help.");
    }
}
