package org.bindrae.shell.internal;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.stream.Collectors;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.shell.Column;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code backends}: what computes the attention, and which one a configuration gets. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "backends")
public final class BackendsCommand extends ShellCommand<BackendsCommand.Arguments> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final Workbench workbench;
    private final Jobs jobs;
    private final Configurations configurations;

    @Activate
    public BackendsCommand(@Reference Workbench workbench, @Reference Jobs jobs, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.jobs = jobs;
        this.configurations = configurations;
    }

    @Command(name = "backends", description = "Lists the attention backends, what each says of a model, and which one a configuration gets.")
    static final class Arguments extends ShellCommand.ListingArguments {
        @Mixin
        ConfigOptions config;
    }

    @Override
    public Subject subject() {
        return Subject.SETTINGS;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("lists the attention backends and which one a configuration gets")
    public Object backends(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        WorkbenchConfig config = arguments.config.choose(configurations).config();
        AttentionBackends backends = workbench.backends();
        var ipa = config.model().ipaConfig(workbench.edgeModes().named(config.model().edge().mode()));
        Workbench.Place place = workbench.place(config.compute());
        Table table = new Table(Column.of("backend"), Column.of("ranking"), Column.of("device"), Column.of("precision"), Column.of("able"),
                Column.of("in service"), Column.of("jobs"), Column.text("why not"));
        for (AttentionBackends.Assessment assessment : backends.assess(ipa, place.device(), place.dtype())) {
            String name = assessment.backend().name();
            table.row(name, assessment.ranking(), place.device().name(), place.device().precision(), assessment.support().ok(),
                    assessment.fault().isEmpty(), jobsWith(name), whyNot(assessment));
        }
        console.print("backends", table);
        AttentionBackends.Choice choice = backends.choose(config.attention().backend(), ipa, place.device(), place.dtype());
        console.put("choice", Map.of("configured", config.attention().backend(), "backend", choice.backend().name(), "reason", choice.reason()));
        console.println("attention.backend \"" + config.attention().backend() + "\" takes " + choice.backend().name() + ": " + choice.reason());
    }

    /** The jobs that run with a backend. */
    private String jobsWith(String backend) {
        return jobs.list().stream().filter(job -> job.status().state() == JobState.RUNNING && job.status().backend().equals(backend)).map(Job::id)
                .collect(Collectors.joining(", "));
    }

    private static String whyNot(AttentionBackends.Assessment assessment) {
        String unable = assessment.support().reason();
        String fault = assessment.fault().map(f -> "it " + f.reason() + " at " + TIME.format(f.since().atZone(ZoneId.systemDefault()))).orElse("");
        return unable.isEmpty() || fault.isEmpty() ? unable + fault : unable + "; " + fault;
    }
}
