package org.bindrae.update.internal;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Which features are installed, and from where others may come. */
@Component(property = "service.ranking:Integer=50")
public final class FeaturesCheck implements HealthCheck {
    private final UpdateService update;

    @Activate
    public FeaturesCheck(@Reference UpdateService update) {
        this.update = update;
    }

    @Override
    public List<Finding> check() throws BundleException {
        return List.of(features(), sites());
    }

    private Finding features() throws BundleException {
        try {
            return Finding.ok("features",
                    update.installation().features().stream().map(feature -> feature.id() + " " + feature.version()).collect(Collectors.joining(", ")));
        } catch (IllegalStateException e) {
            return Finding.note("features", e.getMessage());
        }
    }

    private Finding sites() {
        try {
            String sites = update.sites().all().stream().map(site -> site.location() + (site.trusted() == null ? " (not trusted)" : ""))
                    .collect(Collectors.joining(", "));
            return Finding.ok("sites", sites.isEmpty() ? "none" : sites);
        } catch (IOException e) {
            return Finding.warning("sites", e.getMessage(), "remove that file, and add the sites again");
        }
    }
}
