package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.TrainedNetwork;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.models.PretrainedModel;
import org.bindrae.training.models.PretrainedModels;

import picocli.CommandLine.Option;

/** The option of commands that predict: a network of the user's own or an installed model, without it the first of these. */
final class NetworkOption {
    @Option(names = "--checkpoint", paramLabel = "PATH|MODEL",
            description = "network: a run directory, a checkpoint, a weights file, or an installed model (default: the first of: models)")
    Path checkpoint;

    /** Opens the network and says which one it is. */
    TrainedNetwork open(Workbench workbench, WorkbenchConfig config, Console console) throws IOException {
        TrainedNetwork network = opened(workbench, config);
        console.put("network", network.origin());
        console.println("network: " + network.origin());
        return network;
    }

    private TrainedNetwork opened(Workbench workbench, WorkbenchConfig config) throws IOException {
        PretrainedModels models = workbench.models();
        if (checkpoint == null) {
            PretrainedModel first = models.first().orElseThrow(() -> new CommandFailure(CommandFailure.USAGE,
                    "no model is installed; name a network of your own with --checkpoint"));
            return TrainedNetwork.open(workbench, first, config);
        }
        if (Files.exists(checkpoint)) {
            return TrainedNetwork.open(workbench, checkpoint, config);
        }
        Optional<PretrainedModel> named = models.named(checkpoint.toString());
        if (named.isEmpty()) {
            throw new NoSuchFileException(checkpoint.toString(), null, "no such file, folder"
                    + (models.names().isEmpty() ? "" : " or installed model (installed: " + String.join(", ", models.names()) + ")"));
        }
        return TrainedNetwork.open(workbench, named.get(), config);
    }
}
