package org.bindrae.shell.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code help}: all commands, or one of them. */
@Component(service = HelpCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "help")
public final class HelpCommand extends ShellCommand<HelpCommand.Arguments> {
    /** That of the framework for its own commands, where the interactive shell has it. */
    private static final String FRAMEWORK_HELP = "felix:help";

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
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "the command to explain")
        List<String> command = List.of();
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("lists the commands, or explains one of them")
    public Object help(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) {
        if (arguments.command.isEmpty()) {
            list(console);
            return;
        }
        String name = arguments.command.getFirst();
        ShellCommand<?> command = all().filter(c -> c.name().equals(name)).findFirst().orElse(null);
        if (command != null) {
            console.println(
                    usage(part(command.model().commandLine(), arguments.command.subList(1, arguments.command.size())), console.display()).stripTrailing());
        } else if (frameworkHas(name, console.session())) {
            console.println(name + " is a command of the framework, explained by: " + FRAMEWORK_HELP + " " + name);
        } else {
            throw CommandFailure.unknownCommand(name, all().map(ShellCommand::name).toList());
        }
    }

    private Stream<ShellCommand<?>> all() {
        return Stream.concat(commands.stream(), Stream.of(this)).distinct().sorted(Comparator.comparing(ShellCommand::name));
    }

    private static CommandLine part(CommandLine command, List<String> parts) {
        CommandLine part = command;
        for (String name : parts) {
            CommandLine next = part.getSubcommands().get(name);
            if (next == null) {
                throw CommandFailure.unknownCommand(part.getCommandSpec().qualifiedName() + " " + name,
                        part.getSubcommands().values().stream().map(sub -> sub.getCommandSpec().qualifiedName()).toList());
            }
            part = next;
        }
        return part;
    }

    private static boolean frameworkHas(String name, CommandSession session) {
        return session.get(".commands") instanceof Collection<?> names && names.contains(FRAMEWORK_HELP)
                && names.stream().anyMatch(known -> known.equals(name) || known.toString().endsWith(":" + name));
    }

    private void list(Console console) {
        Table listing = new Table("command", "subject", "what it does");
        int width = all().mapToInt(command -> command.name().length()).max().orElse(0);
        for (Subject subject : Subject.values()) {
            Table table = new Table(Column.of(""), Column.of("command"), Column.text("what it does"));
            all().filter(command -> command.subject() == subject).forEach(command -> {
                table.row("", command.name() + " ".repeat(width - command.name().length()), command.summary());
                listing.row(command.name(), subject, command.summary());
            });
            if (!table.isEmpty()) {
                console.println(subject.title());
                table.text(console.display()).lines().skip(2).forEach(console::println);
            }
        }
        console.println("");
        console.println("help COMMAND explains one; every command also takes --help, and --verbose for the stack trace of an error.");
        if (console.json()) {
            console.print(listing);
        }
    }
}
