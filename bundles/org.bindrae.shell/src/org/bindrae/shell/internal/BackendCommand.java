package org.bindrae.shell.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.BackendCheck;
import org.bindrae.attention.IpaConfig;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.RunSettings;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backend}: what can be done with one attention backend. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "backend")
public final class BackendCommand extends ShellCommand<ShellCommand.Arguments> {
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Workbench workbench;
    private final Jobs jobs;
    private final Configurations configurations;

    @Activate
    public BackendCommand(@Reference Workbench workbench, @Reference Jobs jobs, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.jobs = jobs;
        this.configurations = configurations;
    }

    @Command(name = "backend", description = "Chooses or checks an attention backend.", synopsisSubcommandLabel = "COMMAND",
            subcommands = {Use.class, Check.class})
    static final class Unspecified extends Arguments {
    }

    @Command(name = "use", description = "Has the workbench, or one job, use a backend: from the next step on, and in every run after.",
            footer = {"", "The same as: config set attention.backend=BACKEND"})
    static final class Use extends Arguments {
        @Parameters(paramLabel = "BACKEND", description = "its name, as in the list of: backends; auto for the best one that can")
        String name;

        @Option(names = "--job", paramLabel = "JOB", description = "only this job; no file changes its backend again")
        String job;
    }

    @Command(name = "check", description = "Compares a small attention and its gradients with the reference in double precision.",
            footer = {"", "A backend that passes is in service afterwards, one that fails is out of service. Exit status 1 if it fails."})
    static final class Check extends Arguments {
        @Parameters(paramLabel = "BACKEND", description = "its name, as in the list of: backends")
        String name;

        @Mixin
        ConfigOptions config;

        @Option(names = "--json", description = "print JSON instead of text, and nothing else")
        boolean json;

        @Override
        protected boolean json() {
            return json;
        }
    }

    @Override
    public Subject subject() {
        return Subject.SETTINGS;
    }

    @Override
    protected Arguments arguments() {
        return new Unspecified();
    }

    @Descriptor("chooses or checks an attention backend")
    public Object backend(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        switch (arguments) {
            case Use use -> use(use, console);
            case Check check -> check(check, console);
            default -> throw new IllegalStateException("no part of backend: " + arguments.getClass());
        }
    }

    private void use(Use arguments, Console console) throws IOException {
        AttentionBackends backends = workbench.backends();
        List<String> names = backends.ranked().stream().map(ranked -> ranked.backend().name()).toList();
        if (!arguments.name.equals(AttentionBackends.AUTO) && !names.contains(arguments.name)) {
            throw new CommandFailure(CommandFailure.FAILED, "no attention backend is called '" + arguments.name + "'; installed are " + String.join(", ", names)
                    + ", or say " + AttentionBackends.AUTO);
        }
        List<String> assignment = List.of("attention.backend=" + arguments.name);
        if (arguments.job == null) {
            configurations.set(Configurations.WORKBENCH, assignment);
            console.println("the workbench uses " + arguments.name);
            return;
        }
        RunSettings run = jobs.find(arguments.job).flatMap(job -> configurations.run(job.folder()))
                .orElseThrow(() -> new CommandFailure(CommandFailure.FAILED, "there is no job '" + arguments.job + "' under way; see: jobs"));
        run.set(assignment);
        console.println(arguments.job + " uses " + arguments.name + " from its next step on");
    }

    private void check(Check arguments, Console console) throws Exception {
        WorkbenchConfig config = arguments.config.choose(configurations).config();
        IpaConfig sizes = config.model().ipaConfig(workbench.edgeModes().named(config.model().edge().mode()));
        Workbench.Place place = workbench.place(config.compute());
        AttentionBackends backends = workbench.backends();
        AttentionBackend backend = backends.assess(arguments.name, sizes, place.device(), place.dtype()).backend();
        AttentionBackend exact = backends.assess("reference", sizes, workbench.host(), DType.F64).backend();
        requireIdle(place.device());
        int patience = config.attention().patience();
        BackendCheck check = new BackendCheck(backend, place.device(), place.dtype(), new AttentionReference(exact, workbench.host()),
                patience == 0 ? LONGEST : Duration.ofSeconds(patience));
        BackendCheck.Result result = check.run(sizes, backends.outOfService());
        Table table = new Table(Column.of("quantity"), Column.number("error", VerifyVectorsCommand::number),
                Column.number("tolerance", VerifyVectorsCommand::number), Column.of("passes").toned(passes -> (boolean) passes ? Tone.GOOD : Tone.BAD));
        result.rows().forEach(row -> table.row(row.quantity(), row.error(), row.tolerance(), row.passes()));
        console.print(table);
        if (result.fault().isPresent()) {
            throw new CommandFailure(CommandFailure.FAILED, arguments.name + " is " + result.fault().get());
        }
        console.println(arguments.name + " passes on " + place.device().name() + " and is in service");
    }

    /** The work of two threads on a graphics card mixes. */
    private void requireIdle(Device device) {
        Optional<Job> busy = device instanceof HostDevice ? Optional.empty()
                : jobs.list().stream().filter(job -> job.status().state() == JobState.RUNNING && job.status().device().equals(device.name())
                        && job.status().message().isEmpty()).findFirst();
        busy.ifPresent(job -> {
            throw new CommandFailure(CommandFailure.FAILED, device.name() + " is busy with " + job.id() + "; pause it first with: job pause " + job.id());
        });
    }
}
