package org.bindrae.training.health;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.bindrae.training.config.Configurations;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the configurations of the workbench can be used. */
@Component(property = "service.ranking:Integer=65")
public final class ConfigurationCheck implements HealthCheck {
    private static final String SUBJECT = "configuration";

    private final Configurations configurations;

    @Activate
    public ConfigurationCheck(@Reference Configurations configurations) {
        this.configurations = configurations;
    }

    @Override
    public List<Finding> check() throws IOException {
        String place = configurations.folder().map(folder -> " in " + folder).orElse("; no folder is watched");
        List<String> usable = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, String> configuration : configurations.list().entrySet()) {
            if (configuration.getValue().isEmpty()) {
                usable.add(configuration.getKey());
            } else {
                findings.add(Finding.warning(SUBJECT + " " + configuration.getKey(), configuration.getValue(),
                        "config validate says what is wrong; runs keep their settings"));
            }
        }
        findings.addFirst(Finding.ok(SUBJECT, (usable.isEmpty() ? "defaults, nothing" : String.join(", ", usable)) + place));
        return findings;
    }
}
