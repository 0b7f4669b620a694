package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.edge.internal.Flash2dFactorizeBias;
import org.bindrae.edge.internal.FlashNoBias;
import org.bindrae.edge.internal.Orig2dBias;
import org.bindrae.edge.internal.OrigNoBias;
import org.bindrae.esm.ResidueEmbedders;
import org.bindrae.esm.internal.CachedEmbedder;
import org.bindrae.esm.internal.EsmEmbedder;
import org.bindrae.esm.internal.PrecomputedEmbedder;
import org.bindrae.esm.internal.SequenceEmbedder;
import org.bindrae.health.InstalledChecks;
import org.bindrae.health.internal.JavaCheck;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Foreground;
import org.bindrae.shell.ShellCommand;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.cpu.CpuCheck;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.health.WorkbenchCheck;
import org.bindrae.training.jobs.Jobs;
import org.bindrae.training.models.PretrainedModel;
import org.bindrae.training.models.PretrainedModels;

/** All commands on a workbench of parts made by hand; what they print is kept. */
final class TestShell implements AutoCloseable {
    /** A process that hears no signals. */
    private static final Foreground ALONE = () -> () -> {
        // nothing to let go
    };

    private final CpuDevice device = new CpuDevice(2, true);
    private final List<ShellCommand<?>> commands;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Jobs jobs;
    private final Workbench workbench;
    private final Configurations configurations;
    private final List<PretrainedModel> models = new ArrayList<>();
    private boolean interactive;
    private final PrintStream console = new PrintStream(out, true, StandardCharsets.UTF_8);

    TestShell() {
        this(new FlashCpuBackend(), new ReferenceBackend());
    }

    TestShell(AttentionBackend... backends) {
        this(null, backends);
    }

    /** @param folder of configurations; null for none */
    TestShell(Path folder, AttentionBackend... backends) {
        configurations = new Configurations(folder);
        EdgeModes modes = new EdgeModes(List.of(new Flash1dBias(), new Flash2dFactorizeBias(), new FlashNoBias(), new Orig2dBias(), new OrigNoBias()));
        ResidueEmbedders embedders = new ResidueEmbedders(
                List.of(new SequenceEmbedder(), new PrecomputedEmbedder(), new EsmEmbedder(device), new CachedEmbedder()));
        AttentionBackends installed = AttentionBackends.of(backends);
        workbench = new Workbench(device, () -> new Devices(List.of(device)), () -> installed, () -> modes,
                () -> embedders, () -> new PretrainedModels(models));
        jobs = new Jobs(workbench);
        List<ShellCommand<?>> all = new ArrayList<>(
                List.of(new BackendCommand(workbench, jobs, configurations), new BackendsCommand(workbench, jobs, configurations), new BenchCommand(workbench),
                        new ConfigCommand(workbench, configurations, jobs), new DemoCommand(workbench), new DoctorCommand(checks(workbench)),
                        new EmbedCommand(workbench), new EvaluateCommand(workbench, configurations), new ExportCommand(), new InspectCommand(configurations),
                        new PredictCommand(workbench, configurations), new PrepareCommand(configurations), new JobCommand(jobs), new JobsCommand(jobs),
                        new ModelsCommand(workbench),
                        new ResumeCommand(workbench, jobs, configurations), new SelftestCommand(workbench), new SplitCommand(),
                        new TrainCommand(workbench, jobs, configurations),
                        new VerifyVectorsCommand(workbench)));
        all.add(new HelpCommand(List.copyOf(all)));
        commands = List.copyOf(all);
    }

    /** From now on commands run as in the interactive shell, not as single ones. */
    TestShell interactive() {
        interactive = true;
        return this;
    }

    /** Installs a model behind those that are there. */
    void install(PretrainedModel model) {
        models.add(model);
    }

    AttentionBackends backends() {
        return workbench.backends();
    }

    Jobs jobs() {
        return jobs;
    }

    /** Those that need no framework. */
    private InstalledChecks checks(Workbench workbench) {
        WorkbenchCheck parts = new WorkbenchCheck();
        parts.use(workbench);
        return new InstalledChecks(List.of(new JavaCheck(), new CpuCheck(device), parts), Duration.ofMinutes(1));
    }

    CpuDevice device() {
        return device;
    }

    List<ShellCommand<?>> commands() {
        return commands;
    }

    /** Runs a command, given by its name and arguments, that must succeed; returns what it printed. */
    String run(Object... words) {
        return run(console, words);
    }

    /** The same with results printed to another stream, too. */
    String run(PrintStream session, Object... words) {
        out.reset();
        err.reset();
        ShellCommand<?> command = commands.stream().filter(c -> c.name().equals(words[0])).findFirst().orElseThrow();
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            command.execute(session(session), Arrays.asList(words).subList(1, words.length));
        } finally {
            System.setErr(before);
        }
        return out();
    }

    /** Runs a command that must fail, in one line and by no defect; returns that line. */
    String fails(Object... words) {
        return failure(CommandFailure.FAILED, words);
    }

    /** Runs a command line that must not be understood; returns what is said about it. */
    String misunderstands(Object... words) {
        return failure(CommandFailure.USAGE, words);
    }

    private String failure(int exitCode, Object... words) {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> run(words), Arrays.toString(words));
        String message = failure.getMessage();
        assertEquals(exitCode, failure.exitCode(), message);
        assertEquals(1, message.lines().count(), message);
        assertFalse(message.contains("internal error") || out().contains("internal error"), message + "\n" + out());
        return message;
    }

    /** What the last command printed as its result. */
    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Progress and warnings of the last command. */
    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    PrintStream console() {
        return console;
    }

    private CommandSession session(PrintStream console) {
        Class<?>[] types = {CommandSession.class};
        return (CommandSession) Proxy.newProxyInstance(TestShell.class.getClassLoader(), types, (_, method, arguments) -> {
            return switch (method.getName()) {
                case "getConsole" -> console;
                case "get" -> !interactive && Foreground.VARIABLE.equals(arguments[0]) ? ALONE : null;
                default -> throw new UnsupportedOperationException(method.getName());
            };
        });
    }

    @Override
    public void close() {
        jobs.close();
        configurations.close();
        device.close();
    }
}
