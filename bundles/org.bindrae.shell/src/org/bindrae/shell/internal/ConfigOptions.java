package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.WorkbenchConfig;

import picocli.CommandLine.Option;

/** The options of commands that take a configuration. */
final class ConfigOptions {
    @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "configuration file (JSON); what it does not say keeps its default")
    Path file;

    @Option(names = {"-s", "--set"}, paramLabel = "KEY=VALUE", description = "sets one value, such as training.epochs=20; may be repeated")
    List<String> assignments = new ArrayList<>();

    WorkbenchConfig read() throws IOException {
        ConfigFormat format = new ConfigFormat();
        return file == null ? format.defaults(assignments) : format.read(file, assignments);
    }
}
