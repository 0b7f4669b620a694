package org.bindrae.update.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code site}: where features may come from, and which of these places the user trusts. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "site")
public final class SiteCommand extends ShellCommand<SiteCommand.Arguments> {
    private final UpdateService update;

    @Activate
    public SiteCommand(@Reference UpdateService update) {
        this.update = update;
    }

    abstract static class Arguments extends ShellCommand.ListingArguments {
        @Command(name = "site", description = "Names the update sites that features may come from.", synopsisSubcommandLabel = "COMMAND",
                subcommands = {Arguments.Listing.class, Arguments.Add.class, Arguments.Remove.class},
                footer = {"", "A site is a web address, a folder or a zip file."})
        static final class Whole extends Arguments {
        }

        @Command(name = "list", description = "Lists the sites.")
        static final class Listing extends Arguments {
        }

        @Command(name = "add", description = "Names a site and shows what it has and who vouches for it; again, after the site has changed.")
        static final class Add extends Arguments {
            @Parameters(paramLabel = "SITE", description = "a web address, a folder or a zip file")
            String location;

            @Option(names = "--trust", arity = "0..1", fallbackValue = "", paramLabel = "FINGERPRINT",
                    description = "accept what the site has now, or its signer; only if it has this fingerprint, where one is given")
            String trust;
        }

        @Command(name = "remove", description = "Forgets a site. What came from it stays installed.")
        static final class Remove extends Arguments {
            @Parameters(paramLabel = "SITE", description = "as site list shows it")
            String location;
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

    @Descriptor("names the update sites that features may come from")
    public Object site(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        switch (arguments) {
            case Arguments.Add add -> add(add, console);
            case Arguments.Remove remove -> remove(remove.location);
            default -> list(console);
        }
    }

    private void list(Console console) throws IOException {
        Table table = new Table(Column.text("site"), Column.of("trusted"));
        List<Site> sites = update.sites().all();
        sites.forEach(site -> table.row(site.location(), site.trusted() == null ? "no" : site.trusted()));
        console.print(table);
        if (sites.isEmpty()) {
            console.println("no site is named; see: help site add");
        }
    }

    private void add(Arguments.Add arguments, Console console) throws Exception {
        String location = SiteSource.canonical(arguments.location);
        try (Workplace work = new Workplace(); SiteSource source = SiteSource.open(location, work.folder())) {
            SiteIndex index = SiteIndex.fetch(source, location, work.sub("site"));
            Table table = FeatureCommand.table();
            try (Repository repository = update.installation().open(index, source, location)) {
                repository.features().forEach(unit -> FeatureCommand.row(table, Installation.feature(unit, false), location));
            }
            String identity = index.identity();
            if (arguments.trust != null && !arguments.trust.isEmpty() && !arguments.trust.equals(identity)) {
                throw new CommandFailure(CommandFailure.FAILED,
                        location + ": has the fingerprint " + identity + ", not " + arguments.trust + "; it was not added");
            }
            Site known = update.sites().at(location).orElse(new Site(location, null));
            boolean trusted = arguments.trust != null || identity.equals(known.trusted());
            update.sites().put(new Site(location, trusted ? identity : known.trusted()));
            console.print("features", table);
            console.put("site", location);
            console.put("signature", index.description());
            console.put("fingerprint", identity);
            console.put("trusted", trusted);
            console.println(location + ", " + index.description() + ", fingerprint " + identity);
            console.println(trusted ? "trusted: features can be added from it" + (index.signer() == null ? " until it changes" : " as long as it is signed so")
                    : "not trusted: compare the fingerprint with what its publisher says, and accept it with: site add " + arguments.location + " --trust");
        }
    }

    private void remove(String location) throws IOException {
        String name = update.sites().at(location).isPresent() ? location : Path.of(location).toAbsolutePath().normalize().toString();
        if (!update.sites().remove(name)) {
            throw new CommandFailure(CommandFailure.FAILED, location + ": no such site; see: site list");
        }
    }
}
