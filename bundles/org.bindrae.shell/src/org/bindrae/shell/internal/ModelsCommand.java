package org.bindrae.shell.internal;

import java.io.IOException;
import java.util.Locale;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.training.Workbench;
import org.bindrae.training.models.ModelOrigin;
import org.bindrae.training.models.PretrainedModel;
import org.bindrae.training.models.PretrainedModels;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code models}: the trained networks that are installed. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "models")
public final class ModelsCommand extends ShellCommand<ModelsCommand.Arguments> {
    private static final double MIB = 1 << 20;

    private final Workbench workbench;

    @Activate
    public ModelsCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "models", description = "Lists the trained networks that are installed, or prints the card of one.",
            footer = {"", "The first one predicts where predict and evaluate are given no --checkpoint."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(arity = "0..1", paramLabel = "MODEL", description = "name of the model whose card is printed")
        String model;
    }

    @Override
    public Subject subject() {
        return Subject.PREDICTION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("lists the trained networks that are installed, or prints the card of one")
    public Object models(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws IOException {
        PretrainedModels models = workbench.models();
        if (arguments.model == null) {
            list(models, console);
        } else {
            show(models.named(arguments.model).orElseThrow(() -> new CommandFailure(CommandFailure.FAILED, "no model " + arguments.model + " is installed"
                    + (models.names().isEmpty() ? "" : "; installed: " + String.join(", ", models.names())))), console);
        }
    }

    private static void list(PretrainedModels models, Console console) throws IOException {
        Table table = new Table(Column.of("model"), Column.of("parameters"), Column.number("MiB", "%.1f"), Column.of("task"), Column.text("trained on"),
                Column.number("steps", "%.0f"), Column.of("validation"), Column.text("what it is"));
        for (PretrainedModel model : models.ranked()) {
            Stage1Weights weights = model.weights();
            ModelOrigin origin = ModelOrigin.of(weights.path(), weights.metadata());
            double size = weights.bytes() / MIB;
            if (origin == null) {
                table.row(model.name(), null, size, null, null, null, null, model.description());
            } else {
                table.row(model.name(), origin.parameters(), size, origin.task(), origin.training().samples() + " samples, " + origin.training().residues()
                        + " residues", origin.steps(), validation(origin), model.description());
            }
        }
        console.print(table);
        if (table.isEmpty()) {
            console.println("no model is installed; train one, and name its run with --checkpoint");
        }
    }

    private static String validation(ModelOrigin origin) {
        return origin.validated() == null ? null : String.format(Locale.ROOT, "%s %.3f", origin.monitor(), origin.validated());
    }

    private static void show(PretrainedModel model, Console console) throws IOException {
        Stage1Weights weights = model.weights();
        console.put("model", model.name());
        console.put("title", model.title());
        console.put("description", model.description());
        console.put("metadata", weights.metadata());
        console.put("card", model.card());
        console.println(model.card().stripTrailing());
    }
}
