package org.bindrae.training.config;

import java.time.Duration;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.EdgeMode;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.training.Placement;
import org.bindrae.training.Workbench;

/** What the settings of a run ask for, of what is installed at the moment. */
record ConfiguredPlacement(Workbench workbench, RunSettings settings) implements Placement {
    /** Of a configuration that does not change. */
    ConfiguredPlacement(Workbench workbench, WorkbenchConfig config) {
        this(workbench, new RunSettings(null, config, FollowedConfiguration.NONE, null, _ -> {
            // nobody is to know
        }));
    }

    @Override
    public Workbench.Place place() {
        return workbench.place(settings.config().compute());
    }

    @Override
    public Stage1Model network(Workbench.Place place) {
        WorkbenchConfig config = settings.config();
        return new Stage1Model(place.device(), place.dtype(), config.model(), edgeMode(config), config.training().seed());
    }

    @Override
    public AttentionBackends.Choice attention(Workbench.Place place) {
        return attention(settings.config(), place);
    }

    private AttentionBackends.Choice attention(WorkbenchConfig config, Workbench.Place place) {
        Stage1Config model = config.model();
        IpaConfig sizes = model.ipaConfig(edgeMode(config));
        return workbench.backends().choose(config.attention().backend(), sizes, place.device(), place.dtype());
    }

    /** Fails where the backend that a configuration names is not there or not able, as {@link #attention(Workbench.Place)} would. */
    void requireBackend(WorkbenchConfig config) {
        attention(config, workbench.place(config.compute()));
    }

    @Override
    public Duration patience() {
        return Duration.ofSeconds(settings.config().attention().patience());
    }

    @Override
    public Change change() {
        return settings.change();
    }

    @Override
    public String refusal() {
        return settings.refusal();
    }

    private EdgeMode edgeMode(WorkbenchConfig config) {
        return workbench.edgeModes().named(config.model().edge().mode());
    }
}
