package org.bindrae.training.config;

import java.time.Duration;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.EdgeMode;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.training.Placement;
import org.bindrae.training.Workbench;

/** What a configuration asks for, of what is installed at the moment. */
record ConfiguredPlacement(Workbench workbench, WorkbenchConfig config) implements Placement {
    @Override
    public Workbench.Place place() {
        return workbench.place(config.compute());
    }

    @Override
    public Stage1Model network(Workbench.Place place) {
        return new Stage1Model(place.device(), place.dtype(), config.model(), edgeMode(), config.training().seed());
    }

    @Override
    public AttentionBackends.Choice attention(Workbench.Place place) {
        Stage1Config model = config.model();
        IpaConfig sizes = model.ipaConfig(edgeMode());
        return workbench.backends().choose(config.attention().backend(), sizes, place.device(), place.dtype());
    }

    @Override
    public Duration patience() {
        return Duration.ofSeconds(config.attention().patience());
    }

    @Override
    public Change change() {
        return null;
    }

    private EdgeMode edgeMode() {
        return workbench.edgeModes().named(config.model().edge().mode());
    }
}
