package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ConfigDifference;
import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.RunSettings;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code config}: shows, checks, compares and changes configurations. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "config")
public final class ConfigCommand extends ShellCommand<ShellCommand.Arguments> {
    private final Workbench workbench;
    private final Configurations configurations;
    private final Jobs jobs;
    private final ConfigFormat format = new ConfigFormat();

    @Activate
    public ConfigCommand(@Reference Workbench workbench, @Reference Configurations configurations, @Reference Jobs jobs) {
        this.workbench = workbench;
        this.configurations = configurations;
        this.jobs = jobs;
    }

    @Command(name = "config", description = {"Shows, checks, compares and changes configurations.",
            "Alone it prints all of the one that commands begin with, defaults included."},
            subcommands = {Show.class, Set.class, Diff.class, Validate.class,
                    Listing.class},
            footer = {"", "A file to start from:  config --defaults > my.json"})
    static final class Whole extends Arguments {
        @Mixin
        ConfigOptions config;

        @Option(names = "--defaults", description = "print the defaults with a comment on every key, with --config and --set if they are given")
        boolean commented;

        @Option(names = "--schema", description = "print the JSON Schema instead")
        boolean schema;
    }

    @Command(name = "show", description = "Shows every value, where it differs from the default, and whether it may change during a run.")
    static final class Show extends ListingArguments {
        @Mixin
        ConfigOptions config;

        @Option(names = "--job", paramLabel = "JOB", description = "of a job, or of the run in a folder")
        String job;
    }

    @Command(name = "set", description = "Changes values in the file of a configuration; its comments stay.",
            footer = {"", "Nothing is written unless the whole configuration is valid."})
    static final class Set extends Arguments {
        @Parameters(arity = "1..*", paramLabel = "KEY=VALUE", description = "such as training.learningRate=1e-4")
        List<String> assignments;

        @Option(names = {"-c", "--config"}, paramLabel = "NAME", defaultValue = Configurations.WORKBENCH,
                description = "configuration to change (default: ${DEFAULT-VALUE})")
        String name;

        @Option(names = "--job", paramLabel = "JOB", description = "change a job from its next step on instead; no file changes that again")
        String job;
    }

    @Command(name = "diff", description = "Compares two configurations.")
    static final class Diff extends ListingArguments {
        @Parameters(index = "0", arity = "0..1", paramLabel = "A", defaultValue = DEFAULTS,
                description = "name of a configuration, file, job, folder of a run, or defaults (default: ${DEFAULT-VALUE})")
        String first;

        @Parameters(index = "1", arity = "0..1", paramLabel = "B", defaultValue = Configurations.WORKBENCH,
                description = "the same (default: ${DEFAULT-VALUE})")
        String second;
    }

    @Command(name = "validate", description = "Checks a file, and whether what it names is here.")
    static final class Validate extends Arguments {
        @Parameters(paramLabel = "FILE", description = "configuration file (JSON)")
        String file;
    }

    @Command(name = "list", description = "Lists the configurations by name, and why some cannot be used.")
    static final class Listing extends ListingArguments {
    }

    private static final String DEFAULTS = "defaults";

    @Override
    public Subject subject() {
        return Subject.SETTINGS;
    }

    @Override
    protected Arguments arguments() {
        return new Whole();
    }

    @Descriptor("shows, checks, compares and changes configurations")
    public Object config(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        switch (arguments) {
            case Show show -> show(show, console);
            case Set set -> set(set, console);
            case Diff diff -> diff(diff, console);
            case Validate validate -> validate(validate, console);
            case Listing _ -> list(console);
            case Whole whole -> print(whole, console);
            default -> throw new IllegalStateException("no part of config: " + arguments.getClass());
        }
    }

    private void print(Whole arguments, Console console) throws IOException {
        if (arguments.schema) {
            console.println(format.schema().json().toPrettyString());
        } else if (arguments.commented) {
            List<String> set = arguments.config.assignments;
            WorkbenchConfig config = arguments.config.named == null ? format.defaults(set) : format.read(Path.of(arguments.config.named), set);
            console.println(format.commented(config).stripTrailing());
        } else {
            console.println(format.json(arguments.config.choose(configurations).config()).stripTrailing());
        }
    }

    private void show(Show arguments, Console console) throws IOException {
        WorkbenchConfig config = arguments.job == null ? arguments.config.choose(configurations).config() : ofRun(arguments.job);
        Map<String, Object> defaults = format.values(WorkbenchConfig.defaults());
        Table table = new Table(Column.of("key"), Column.of("value"), Column.of("default"), Column.of("live"));
        format.values(config).forEach((key, value) -> table.row(key, ConfigDifference.text(value),
                value.equals(defaults.get(key)) ? "" : ConfigDifference.text(defaults.get(key)), format.schema().live(key)));
        console.print("values", table);
        if (arguments.job != null) {
            Optional<RunSettings> settings = configurations.run(folder(arguments.job));
            settings.ifPresent(run -> tell(run, console));
        }
    }

    private static void tell(RunSettings run, Console console) {
        Map<String, Object> about = new LinkedHashMap<>(Map.of("follows", run.follows(), "fixed", List.copyOf(run.fixed()), "refused", run.refused()));
        about.forEach(console::put);
        console.println(run.follows().isEmpty() ? "follows no configuration" : "follows the configuration " + run.follows());
        if (!run.fixed().isEmpty()) {
            console.println("set by hand: " + String.join(", ", run.fixed().stream().sorted().toList()));
        }
        if (!run.refused().isEmpty()) {
            console.println("not taken over: " + run.refused());
        }
    }

    private void set(Set arguments, Console console) throws IOException {
        List<ConfigDifference> differences;
        String when;
        if (arguments.job != null) {
            RunSettings run = configurations.run(folder(arguments.job)).orElseThrow(() -> new CommandFailure(CommandFailure.FAILED,
                    "job " + arguments.job + " is over; its settings cannot change any more"));
            differences = run.set(arguments.assignments);
            when = " from the next step of " + arguments.job + " on";
        } else {
            differences = configurations.set(arguments.name, arguments.assignments);
            when = "";
            missing(configurations.choose(arguments.name, List.of()).config()).forEach(missing -> console.warn("warning: " + missing));
        }
        differences.forEach(difference -> console.println(difference + when));
        if (differences.isEmpty()) {
            console.println("nothing is different");
        }
    }

    private void diff(Diff arguments, Console console) throws IOException {
        Table table = new Table(Column.of("key"), Column.of(arguments.first), Column.of(arguments.second), Column.of("live"));
        List<ConfigDifference> differences = ConfigDifference.between(format.values(named(arguments.first)), format.values(named(arguments.second)));
        differences.forEach(d -> table.row(d.key(), ConfigDifference.text(d.before()), ConfigDifference.text(d.after()), format.schema().live(d.key())));
        console.print(table);
        if (differences.isEmpty()) {
            console.println("no differences");
        }
    }

    private WorkbenchConfig named(String word) throws IOException {
        if (word.equals(DEFAULTS)) {
            return WorkbenchConfig.defaults();
        }
        return jobs.find(word).isPresent() || Files.isDirectory(Path.of(word)) ? ofRun(word) : configurations.choose(word, List.of()).config();
    }

    /** Folder of a job, or the folder itself. */
    private Path folder(String job) {
        Optional<Path> run = jobs.find(job).map(Job::folder);
        if (run.isEmpty() && !Files.isDirectory(Path.of(job))) {
            throw new CommandFailure(CommandFailure.FAILED, "there is no job '" + job + "', and no folder of that name; see: jobs");
        }
        return run.orElse(Path.of(job));
    }

    private WorkbenchConfig ofRun(String job) throws IOException {
        Path folder = folder(job);
        Optional<RunSettings> settings = configurations.run(folder);
        return settings.isPresent() ? settings.get().config() : format.read(RunDirectory.configFile(folder), List.of());
    }

    private void validate(Validate arguments, Console console) throws IOException {
        WorkbenchConfig config = configurations.choose(arguments.file, List.of()).config();
        missing(config).forEach(missing -> console.warn("warning: " + missing));
        console.println(arguments.file + " is valid");
    }

    /** What a valid configuration names that is not here: it may be for another machine. */
    private List<String> missing(WorkbenchConfig config) {
        List<Runnable> questions = List.of(() -> workbench.embedders().choose(config.embedding()), () -> {
            Workbench.Place place = workbench.place(config.compute());
            var sizes = config.model().ipaConfig(workbench.edgeModes().named(config.model().edge().mode()));
            workbench.backends().choose(config.attention().backend(), sizes, place.device(), place.dtype());
        });
        List<String> missing = new ArrayList<>();
        for (Runnable question : questions) {
            try {
                question.run();
            } catch (IllegalArgumentException | IllegalStateException e) {
                missing.add(e.getMessage());
            }
        }
        return missing;
    }

    private void list(Console console) throws IOException {
        Table table = new Table(Column.of("name"), Column.of("usable"), Column.text("why not"));
        Map<String, String> all = new TreeMap<>(configurations.list());
        WorkbenchConfig.builtIn().keySet().forEach(name -> all.putIfAbsent(name, ""));
        all.forEach((name, problem) -> table.row(name, problem.isEmpty(), problem));
        console.print("configurations", table);
        console.put("folder", configurations.folder().map(Path::toString).orElse(""));
        console.println(configurations.folder().map(folder -> "files NAME.json in " + folder).orElse("no folder is watched"));
    }
}
