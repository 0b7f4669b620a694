package org.bindrae.training.config;

import java.util.Map;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;

/**
 * A configuration as ConfigurationAdmin delivers it, whoever set it there: a file of the watched folder, a console, a Configurator. Each configuration of the
 * factory {@code org.bindrae.configuration} has its own; its properties are the keys of the workbench configuration, such as {@code training.learningRate}.
 */
@Component(service = ReceivedConfiguration.class, immediate = true, configurationPid = ReceivedConfiguration.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class ReceivedConfiguration {
    /** Factory PID of the configurations. */
    public static final String PID = "org.bindrae.configuration";

    private final Configurations configurations;
    private final String name;

    /** Names of the properties that every configuration has, as the container passes them. */
    public @interface Origin {
        /** Such as {@code org.bindrae.configuration~workbench}. */
        String service_pid();
    }

    @Activate
    public ReceivedConfiguration(@Reference Configurations configurations, Origin origin, Map<String, Object> properties) {
        this.configurations = configurations;
        this.name = name(origin.service_pid());
        configurations.receive(name, properties);
    }

    @Modified
    void modified(Map<String, Object> properties) {
        configurations.receive(name, properties);
    }

    @Deactivate
    void removed() {
        configurations.forget(name);
    }

    /** {@code workbench} of {@code org.bindrae.configuration~workbench}; the one without a name is the workbench's, too. */
    static String name(String pid) {
        return pid.length() > PID.length() + 1 ? pid.substring(PID.length() + 1) : Configurations.WORKBENCH;
    }
}
