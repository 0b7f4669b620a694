package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.edge.EdgeMode;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Failures;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.DeviceStatus;
import org.bindrae.tensor.HostDevice;
import org.bindrae.training.Provenance;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.WorkbenchConfig;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

import picocli.CommandLine.Command;

/** {@code doctor}: what this machine and installation can do, what is missing, and the remedy. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "doctor")
public final class DoctorCommand extends ShellCommand<DoctorCommand.Arguments> {
    private static final long GIB = 1L << 30;
    private static final long ENOUGH_HEAP = GIB;
    private static final long ENOUGH_DISK = 2 * GIB;

    private final Workbench workbench;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    volatile List<DeviceStatus> statuses = List.of();

    @Activate
    public DoctorCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "doctor", description = "Says what this machine and installation can do, what is missing, and the remedy.",
            footer = {"", "Exit status 1 if something that is needed does not work."})
    static final class Arguments extends ShellCommand.ListingArguments {
    }

    private enum State {
        OK,
        /** nothing to mend */
        NOTE,
        WARN, FAIL
    }

    private record Finding(State state, String subject, String text) {
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("says what this machine and installation can do")
    public Object doctor(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) {
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding(State.OK, "workbench", Provenance.program().get("version")));
        findings.add(new Finding(State.OK, "java",
                System.getProperty("java.vm.name") + " " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")));
        findings.add(vectors());
        findings.add(heap());
        findings.add(disk(Path.of("").toAbsolutePath()));
        workbench.devices().ranked().forEach(device -> findings.add(device(device)));
        statuses.forEach(status -> status.notes().forEach(note -> findings.add(new Finding(State.NOTE, "devices", note))));
        statuses.forEach(status -> status.problems().forEach(problem -> findings.add(new Finding(State.WARN, "devices", problem))));
        findings.addAll(backends());
        findings.add(names("edge modes", workbench.edgeModes().modes().stream().map(EdgeMode::name).sorted().toList()));
        findings.add(names("embeddings", workbench.embedders().all().stream().map(ResidueEmbedder::name).sorted().toList()));
        Table table = new Table(Column.of("state").toned(DoctorCommand::tone), Column.of("what"), Column.text("found"));
        findings.forEach(f -> table.row(f.state(), f.subject(), f.text()));
        console.print(table);
        long failures = findings.stream().filter(f -> f.state() == State.FAIL).count();
        if (failures > 0) {
            throw new CommandFailure(CommandFailure.FAILED,
                    failures + (failures == 1 ? " thing" : " things") + " that the workbench needs does not work, see the table");
        }
    }

    private static Tone tone(Object state) {
        return switch ((State) state) {
            case OK -> Tone.GOOD;
            case NOTE -> Tone.PLAIN;
            case WARN -> Tone.DOUBTFUL;
            case FAIL -> Tone.BAD;
        };
    }

    private static Finding device(Device device) {
        String description = device.description();
        boolean slow = device instanceof HostDevice && !description.contains("OpenBLAS");
        return new Finding(slow ? State.WARN : State.OK, "device " + device.name(), description
                + (slow ? "; works, but matrix products are slow without the bundle org.bindrae.thirdparty.openblas for this platform" : ""));
    }

    private static Finding vectors() {
        boolean there = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return there ? new Finding(State.OK, "vector API", "jdk.incubator.vector is there")
                : new Finding(State.WARN, "vector API", "missing: start Java with --add-modules jdk.incubator.vector, as the launcher does; slower without");
    }

    private static Finding heap() {
        long max = Runtime.getRuntime().maxMemory();
        String text = gib(max) + " of Java heap at most";
        return max >= ENOUGH_HEAP ? new Finding(State.OK, "memory", text)
                : new Finding(State.WARN, "memory", text + "; large structures may need more: BINDRAE_JAVA_OPTS=-Xmx4g");
    }

    private static Finding disk(Path folder) {
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            String text = gib(free) + " free in " + folder;
            return free >= ENOUGH_DISK ? new Finding(State.OK, "disk", text) : new Finding(State.WARN, "disk", text + "; caches and checkpoints may not fit");
        } catch (IOException e) {
            return new Finding(State.WARN, "disk", Failures.describe(e));
        }
    }

    private List<Finding> backends() {
        WorkbenchConfig config = WorkbenchConfig.defaults();
        List<Finding> findings = new ArrayList<>();
        boolean any = false;
        Workbench.Place place = workbench.place(config.compute());
        for (AttentionBackends.Assessment assessment : workbench.backends().assess(
                config.model().ipaConfig(workbench.edgeModes().named(config.model().edge().mode())), place.device(), place.dtype())) {
            boolean able = assessment.support().ok();
            any |= able;
            findings.add(new Finding(able ? State.OK : State.NOTE, "attention " + assessment.backend().name(),
                    able ? "able to run the default model" : assessment.support().reason()));
        }
        if (!any) {
            findings.add(new Finding(State.FAIL, "attention", "no backend can run the default model; install the bundle org.bindrae.attention.cpu"));
        }
        return findings;
    }

    private static Finding names(String subject, List<String> names) {
        return new Finding(names.isEmpty() ? State.FAIL : State.OK, subject, names.isEmpty() ? "none installed" : String.join(", ", names));
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
    }
}
