package org.bindrae.update.internal;

import java.io.File;

import org.eclipse.equinox.internal.provisional.configurator.Configurator;
import org.eclipse.osgi.service.datalocation.Location;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The sites that the user named, and the installation of this workbench. */
@Component(service = UpdateService.class)
public final class UpdateService {
    /** {@link Location#CONFIGURATION_FILTER}, which is no constant. */
    private static final String CONFIGURATION = "(type=osgi.configuration.area)";

    private final BundleContext context;
    private final Location configuration;
    private final Configurator configurator;

    @Activate
    public UpdateService(BundleContext context, @Reference(target = CONFIGURATION) Location configuration, @Reference Configurator configurator) {
        this.context = context;
        this.configuration = configuration;
        this.configurator = configurator;
    }

    /** The sites, which are kept beside the configuration of the framework. */
    Sites sites() {
        // not by way of a URI: Equinox writes blanks as they are
        return new Sites(new File(configuration.getURL().getPath(), "org.bindrae.update/sites.json").toPath());
    }

    /** The installation; starts p2. */
    Installation installation() throws BundleException {
        return new Installation(Provisioning.start(context), configurator);
    }
}
