package org.bindrae.update.internal;

import java.util.Arrays;
import java.util.List;

import org.eclipse.equinox.p2.core.IProvisioningAgent;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;

/** p2, started when a command needs it: other commands start faster without. */
final class Provisioning {
    /** Those with service components, of which p2 is made, after what they need. */
    private static final List<String> BUNDLES = List.of("org.eclipse.equinox.frameworkadmin.equinox", "org.eclipse.equinox.simpleconfigurator.manipulator",
            "org.eclipse.equinox.p2.core", "org.eclipse.equinox.p2.repository", "org.eclipse.equinox.p2.metadata.repository",
            "org.eclipse.equinox.p2.artifact.repository", "org.eclipse.equinox.p2.engine", "org.eclipse.equinox.p2.garbagecollector",
            "org.eclipse.equinox.p2.director");

    private Provisioning() {
    }

    /**
     * The agent of this installation.
     *
     * @throws IllegalStateException if this is none that p2 made
     */
    static IProvisioningAgent start(BundleContext context) throws BundleException {
        for (String name : BUNDLES) {
            Bundle bundle = Arrays.stream(context.getBundles()).filter(b -> name.equals(b.getSymbolicName())).findFirst()
                    .orElseThrow(() -> new IllegalStateException("the bundle " + name + " is missing: features can be added to the product only"));
            bundle.start(Bundle.START_TRANSIENT);
        }
        ServiceReference<IProvisioningAgent> agent = context.getServiceReference(IProvisioningAgent.class);
        if (agent == null) {
            throw new IllegalStateException("this workbench was not installed by p2: features can be added to the product only");
        }
        return context.getService(agent);
    }
}
