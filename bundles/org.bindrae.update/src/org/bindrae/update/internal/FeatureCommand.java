package org.bindrae.update.internal;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.eclipse.equinox.p2.metadata.IInstallableUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code feature}: adds and removes features while the workbench runs. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "feature")
public final class FeatureCommand extends ShellCommand<FeatureCommand.Arguments> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    private final UpdateService update;

    @Activate
    public FeatureCommand(@Reference UpdateService update) {
        this.update = update;
    }

    abstract static class Arguments extends ShellCommand.ListingArguments {
        @Command(name = "feature", description = "Adds and removes features while the workbench runs.", synopsisSubcommandLabel = "COMMAND",
                subcommands = {Arguments.Listing.class, Arguments.Add.class, Arguments.Remove.class, Arguments.Rollback.class, Arguments.History.class})
        static final class Whole extends Arguments {
        }

        @Command(name = "list", description = "Lists the installed features.")
        static final class Listing extends Arguments {
            @Option(names = "--available", description = "those of the sites instead")
            boolean available;
        }

        @Command(name = "add", description = "Adds a feature of a trusted site, or another version of one that is installed.")
        static final class Add extends Arguments {
            @Parameters(paramLabel = "FEATURE", description = "its identifier")
            String id;

            @Option(names = "--site", paramLabel = "SITE", description = "the site to take it from (default: the one with the latest version)")
            String site;

            @Option(names = "--version", paramLabel = "VERSION", description = "the version to take (default: the latest)")
            String version;
        }

        @Command(name = "remove", description = "Removes a feature that no other one needs.")
        static final class Remove extends Arguments {
            @Parameters(paramLabel = "FEATURE", description = "its identifier")
            String id;
        }

        @Command(name = "rollback", description = "Takes the installation back to the state before the last change, or to another one.")
        static final class Rollback extends Arguments {
            @Parameters(arity = "0..1", paramLabel = "STATE", description = "as feature history shows it")
            Long state;
        }

        @Command(name = "history", description = "Lists the states that the installation can be taken back to.")
        static final class History extends Arguments {
        }
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments.Whole();
    }

    @Descriptor("adds and removes features while the workbench runs")
    public Object feature(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        Installation installation = update.installation();
        switch (arguments) {
            case Arguments.Add add -> add(installation, add, console);
            case Arguments.Remove remove -> {
                installation.remove(remove.id);
                console.println("removed " + remove.id);
            }
            case Arguments.Rollback rollback -> rollback(installation, rollback.state, console);
            case Arguments.History _ -> history(installation, console);
            case Arguments.Listing listing when listing.available -> available(installation, console);
            default -> installed(installation, console);
        }
    }

    static Table table() {
        return new Table(Column.of("feature"), Column.of("version"), Column.text("what"), Column.text("site"));
    }

    static void row(Table table, Feature feature, String site) {
        table.row(feature.id(), feature.version(), feature.name(), site);
    }

    private static void installed(Installation installation, Console console) {
        Table table = new Table(Column.of("feature"), Column.of("version"), Column.text("what"), Column.of("asked for"));
        installation.features().forEach(feature -> table.row(feature.id(), feature.version(), feature.name(), feature.root()));
        console.print(table);
    }

    /** Sites that cannot be read are named and passed over. */
    private void available(Installation installation, Console console) throws IOException {
        Table table = table();
        List<Site> sites = update.sites().all();
        for (Site site : sites) {
            try (Workplace work = new Workplace(); Offer offer = Offer.of(installation, site, work)) {
                offer.repository().features().forEach(unit -> row(table, Installation.feature(unit, false), site.location()));
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                console.warn("bindrae: " + e.getMessage());
            }
        }
        console.print(table);
        if (sites.isEmpty()) {
            console.println("no site is named; see: help site add");
        }
    }

    private void add(Installation installation, Arguments.Add arguments, Console console) throws Exception {
        List<Site> sites = update.sites().all();
        if (arguments.site != null) {
            String location = SiteSource.canonical(arguments.site);
            sites = List.of(update.sites().at(location)
                    .orElseThrow(() -> new CommandFailure(CommandFailure.FAILED, location + ": is no site of yours yet; see: help site add")));
        }
        if (sites.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, "no site is named; see: help site add");
        }
        List<Offer> offers = new ArrayList<>();
        List<String> unreachable = new ArrayList<>();
        try (Workplace work = new Workplace()) {
            try {
                for (Site site : sites) {
                    try {
                        offers.add(Offer.of(installation, site, work));
                    } catch (InterruptedIOException e) {
                        throw e;
                    } catch (IOException e) {
                        unreachable.add(e.getMessage());
                    }
                }
                add(installation, arguments, offers, unreachable, console);
            } finally {
                for (Offer offer : offers) {
                    offer.close();
                }
            }
        }
    }

    private static void add(Installation installation, Arguments.Add arguments, List<Offer> offers, List<String> unreachable, Console console)
            throws IOException {
        Optional<Choice> choice = offers.stream()
                .flatMap(offer -> offer.repository().features().stream().filter(unit -> unit.getId().equals(arguments.id + Installation.GROUP))
                        .filter(unit -> arguments.version == null || unit.getVersion().toString().equals(arguments.version))
                        .map(unit -> new Choice(offer, unit)))
                .max(Comparator.comparing((Choice found) -> found.unit().getVersion()));
        if (choice.isEmpty()) {
            String missing = "no site has a feature " + arguments.id + (arguments.version == null ? "" : " " + arguments.version);
            throw new CommandFailure(CommandFailure.FAILED, unreachable.isEmpty() ? missing : missing + "; but " + String.join("; ", unreachable));
        }
        unreachable.forEach(problem -> console.warn("bindrae: " + problem));
        IInstallableUnit unit = choice.get().unit();
        choice.get().offer().requireTrust();
        try (Progress progress = console.progress("fetching")) {
            installation.add(unit, choice.get().offer().repository(), progress);
        }
        console.println("added " + arguments.id + " " + unit.getVersion());
    }

    private record Choice(Offer offer, IInstallableUnit unit) {
    }

    private static void rollback(Installation installation, Long state, Console console) throws IOException {
        List<Change> history = installation.history();
        if (state == null && history.size() < 2) {
            throw new CommandFailure(CommandFailure.FAILED, "nothing has changed yet");
        }
        long target = state == null ? history.get(history.size() - 2).state() : state;
        installation.rollback(target);
        console.println("the installation is as it was at " + target);
    }

    private static void history(Installation installation, Console console) {
        Table table = new Table(Column.of("state", String::valueOf), Column.of("time"), Column.text("what made it"), Column.text("features"));
        installation.history().forEach(change -> table.row(change.state(), TIME.format(change.time()), change.what(), String.join(", ", change.features())));
        console.print(table);
    }
}
