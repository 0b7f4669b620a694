package org.bindrae.shell.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.training.config.ChosenConfiguration;
import org.bindrae.training.config.Configurations;

import picocli.CommandLine.Option;

/** The options of commands that take a configuration. */
final class ConfigOptions {
    @Option(names = {"-c", "--config"}, paramLabel = "FILE",
            description = "configuration file (JSON), or the name of a configuration (see: config list); what it does not say is as in the workbench's")
    String named;

    @Option(names = {"-s", "--set"}, paramLabel = "KEY=VALUE", description = "sets one value, such as training.epochs=20; may be repeated")
    List<String> assignments = new ArrayList<>();

    ChosenConfiguration choose(Configurations configurations) throws IOException {
        return configurations.choose(named, assignments);
    }
}
