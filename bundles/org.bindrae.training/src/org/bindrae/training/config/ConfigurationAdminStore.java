package org.bindrae.training.config;

import java.io.IOException;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.Set;

import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Puts the configurations of files into ConfigurationAdmin, from where {@link ReceivedConfiguration} brings them and those of others to {@link
 * Configurations}.
 */
@Component(service = ConfigurationAdminStore.class, immediate = true)
public final class ConfigurationAdminStore implements ConfigurationStore {
    /** Marks what came from a file. */
    private static final String FROM_FILE = "org.bindrae.configuration.file";
    private static final String ANY_BUNDLE = "?";
    private static final String FILTER = "(|(service.factoryPid=" + ReceivedConfiguration.PID + ")(" + Constants.SERVICE_PID + "=" + ReceivedConfiguration.PID
            + "))";

    private final ConfigurationAdmin admin;
    private final Configurations configurations;
    private final ConfigFormat format = new ConfigFormat();

    @Activate
    public ConfigurationAdminStore(@Reference ConfigurationAdmin admin, @Reference Configurations configurations) {
        this.admin = admin;
        this.configurations = configurations;
        configurations.use(this);
    }

    @Deactivate
    void close() {
        configurations.use(null);
    }

    @Override
    public Map<String, Map<String, Object>> all() throws IOException {
        Map<String, Map<String, Object>> all = new HashMap<>();
        for (Configuration configuration : list()) {
            Dictionary<String, Object> properties = configuration.getProperties();
            if (properties != null) {
                all.put(ReceivedConfiguration.name(configuration.getPid()), format.settings(map(properties)));
            }
        }
        return all;
    }

    private static Map<String, Object> map(Dictionary<String, Object> properties) {
        Map<String, Object> map = new HashMap<>();
        properties.keys().asIterator().forEachRemaining(key -> map.put(key, properties.get(key)));
        return map;
    }

    private Configuration[] list() throws IOException {
        try {
            Configuration[] found = admin.listConfigurations(FILTER);
            return found == null ? new Configuration[0] : found;
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void put(String name, Map<String, Object> values) throws IOException {
        Dictionary<String, Object> properties = new Hashtable<>(values);
        properties.put(FROM_FILE, true);
        admin.getFactoryConfiguration(ReceivedConfiguration.PID, name, ANY_BUNDLE).updateIfDifferent(properties);
    }

    @Override
    public void remove(String name) throws IOException {
        for (Configuration configuration : list()) {
            Dictionary<String, Object> properties = configuration.getProperties();
            if (properties != null && properties.get(FROM_FILE) != null && ReceivedConfiguration.name(configuration.getPid()).equals(name)) {
                configuration.delete();
            }
        }
    }

    @Override
    public void retain(Set<String> names) throws IOException {
        for (String name : all().keySet()) {
            if (!names.contains(name)) {
                remove(name);
            }
        }
    }
}
