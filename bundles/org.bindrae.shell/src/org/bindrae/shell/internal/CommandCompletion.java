package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.bindrae.shell.Candidates;
import org.bindrae.shell.Completion;
import org.bindrae.shell.ShellCommand;
import org.bindrae.training.config.ConfigFormat;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

import com.fasterxml.jackson.databind.JsonNode;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ITypeInfo;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completion of our commands from their picocli models, of values from {@link Candidates}. */
@Component
public final class CommandCompletion implements Completion {
    private static final String KEY_VALUE = "KEY=VALUE";
    private static final String COMMAND = "COMMAND";
    private static final int MOST_FILES = 1000;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<ShellCommand<?>> commands;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<Candidates> candidates;

    /** Of what is installed; help, which lists the others, is none of them. */
    public CommandCompletion() {
        this(List.of(), List.of());
    }

    CommandCompletion(List<ShellCommand<?>> commands, List<Candidates> candidates) {
        this.commands = commands;
        this.candidates = candidates;
    }

    @Override
    public List<Proposal> proposals(List<String> words, String typed, Path folder) {
        if (words.isEmpty()) {
            return commands().map(command -> new Proposal(command.name(), command.subject().title(), command.summary(), true)).toList();
        }
        String name = words.getFirst().substring(words.getFirst().indexOf(':') + 1);
        Optional<ShellCommand<?>> command = commands().filter(known -> known.name().equals(name)).findFirst();
        return command.isEmpty() ? files(typed, folder) : new Position(command.get().model(), words.subList(1, words.size())).proposals(typed, folder);
    }

    private Stream<ShellCommand<?>> commands() {
        return Stream.concat(commands.stream(), Stream.of(new HelpCommand(commands)));
    }

    /** Where on a command line the word is. */
    private final class Position {
        private CommandSpec command;
        private final List<OptionSpec> used = new ArrayList<>();
        private OptionSpec waiting;
        private int parameters;
        private boolean onlyParameters;

        Position(CommandSpec command, List<String> words) {
            this.command = command;
            words.forEach(this::pass);
        }

        private void pass(String word) {
            if (waiting != null) {
                waiting = null;
            } else if (onlyParameters || !word.startsWith("-") || word.equals("-")) {
                var part = command.subcommands().get(word);
                if (parameters == 0 && part != null) {
                    command = part.getCommandSpec();
                } else {
                    parameters++;
                }
            } else if (word.equals("--")) {
                onlyParameters = true;
            } else {
                int equals = word.indexOf('=');
                OptionSpec option = command.findOption(equals < 0 ? word : word.substring(0, equals));
                if (option != null) {
                    used.add(option);
                    waiting = equals < 0 && option.arity().min() > 0 ? option : null;
                }
            }
        }

        List<Proposal> proposals(String typed, Path folder) {
            if (waiting != null) {
                return values(waiting, typed, folder);
            }
            if (typed.startsWith("-") && !onlyParameters) {
                int equals = typed.indexOf('=');
                OptionSpec option = equals < 0 ? null : command.findOption(typed.substring(0, equals));
                if (option == null) {
                    return options();
                }
                String begin = typed.substring(0, equals + 1);
                return values(option, typed.substring(equals + 1), folder).stream()
                        .map(value -> new Proposal(begin + value.value(), value.group(), value.description(), value.complete())).toList();
            }
            List<Proposal> all = new ArrayList<>();
            if (parameters == 0) {
                command.subcommands().forEach((name, part) -> all.add(new Proposal(name, "",
                        Arrays.stream(part.getCommandSpec().usageMessage().description()).findFirst().orElse(""), true)));
            }
            for (PositionalParamSpec parameter : command.positionalParameters()) {
                if (parameter.index().contains(parameters)) {
                    all.addAll(values(parameter, typed, folder));
                }
            }
            return all.isEmpty() && typed.isEmpty() ? options() : all;
        }

        private List<Proposal> options() {
            Predicate<OptionSpec> possible = option -> option.isMultiValue() || !used.contains(option);
            return command.options().stream().filter(possible.and(option -> !option.hidden()))
                    .map(option -> new Proposal(option.longestName(), "", Arrays.stream(option.description()).findFirst().orElse(""), true)).toList();
        }
    }

    private List<Proposal> values(ArgSpec argument, String typed, Path folder) {
        String label = argument.paramLabel();
        List<String> known = candidates.stream().filter(some -> some.label().equals(label)).flatMap(some -> some.values().stream()).distinct().toList();
        if (!known.isEmpty()) {
            return known.stream().map(Proposal::of).toList();
        }
        if (label.equals(COMMAND)) {
            return commands().map(command -> new Proposal(command.name(), "", command.summary(), true)).toList();
        }
        if (label.equals(KEY_VALUE)) {
            return settings(new ConfigFormat().schema().json(), typed);
        }
        ITypeInfo type = argument.typeInfo();
        if (type.isCollection() && !type.getAuxiliaryTypeInfos().isEmpty()) {
            type = type.getAuxiliaryTypeInfos().getFirst();
        }
        if (type.isEnum()) {
            return type.getEnumConstantNames().stream().map(constant -> Proposal.of(constant.toLowerCase(Locale.ROOT))).toList();
        }
        if (type.getType() == Path.class) {
            return files(typed, folder);
        }
        return label.matches("[a-z0-9]+(\\|[a-z0-9]+)+") ? Arrays.stream(label.split("\\|")).map(Proposal::of).toList() : List.of();
    }

    /** The keys of the configuration, or after one the values that it may have. */
    private static List<Proposal> settings(JsonNode schema, String typed) {
        List<Proposal> all = new ArrayList<>();
        settings(schema, "", typed, all);
        return all;
    }

    private static void settings(JsonNode schema, String path, String typed, List<Proposal> all) {
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String key = path + property.getKey();
            JsonNode value = property.getValue();
            if (value.has("properties")) {
                settings(value, key + ".", typed, all);
            } else if (!typed.startsWith(key + "=")) {
                all.add(new Proposal(key + "=", "", value.path("description").asText(), false));
            } else {
                value.path("enum").forEach(constant -> all.add(Proposal.of(key + "=" + constant.asText())));
                if (value.path("type").asText().equals("boolean")) {
                    all.add(Proposal.of(key + "=true"));
                    all.add(Proposal.of(key + "=false"));
                }
            }
        }
    }

    /** Files and folders beside what was typed; hidden ones where it begins so. */
    private static List<Proposal> files(String typed, Path folder) {
        int slash = typed.lastIndexOf('/') + 1;
        String begin = typed.substring(0, slash);
        boolean hidden = typed.startsWith(".", slash);
        try (Stream<Path> all = Files.list(folder.resolve(begin))) {
            return all.filter(file -> hidden || !file.getFileName().toString().startsWith(".")).limit(MOST_FILES).map(file -> {
                boolean isFolder = Files.isDirectory(file);
                return new Proposal(begin + file.getFileName() + (isFolder ? "/" : ""), "", "", !isFolder);
            }).sorted((a, b) -> a.value().compareTo(b.value())).toList();
        } catch (IOException | RuntimeException e) {
            // no folder, or not to be read: nothing to propose
            return List.of();
        }
    }
}
