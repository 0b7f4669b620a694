package org.bindrae.shell.internal;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.training.config.ConfigFormat;
import org.osgi.service.component.annotations.Component;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code config}: checks and prints configurations. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "config")
public final class ConfigCommand extends ShellCommand<ConfigCommand.Arguments> {
    @Command(name = "config", description = "Checks a configuration and prints all of it, defaults included.",
            footer = {"", "A file to start from:  config --defaults > my.json"})
    static final class Arguments extends ShellCommand.Arguments {
        @Mixin
        ConfigOptions config;

        @Option(names = "--defaults", description = "print it with a comment on every key (the defaults, unless --config or --set say otherwise)")
        boolean commented;

        @Option(names = "--schema", description = "print the JSON Schema instead")
        boolean schema;
    }

    @Override
    public Subject subject() {
        return Subject.SETTINGS;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("checks a configuration and prints all of it")
    public Object config(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        ConfigFormat format = new ConfigFormat();
        if (arguments.schema) {
            console.println(format.schema().json().toPrettyString());
            return;
        }
        var config = arguments.config.read();
        console.println((arguments.commented ? format.commented(config) : format.json(config)).stripTrailing());
    }
}
