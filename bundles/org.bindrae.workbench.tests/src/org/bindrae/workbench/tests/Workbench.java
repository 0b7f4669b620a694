package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/** The framework that the tests run in, with the bundles started that the product starts. */
final class Workbench {
    private static final String OURS = "org.bindrae.";
    private static final long PATIENCE = 10_000_000_000L;

    private final BundleContext context = FrameworkUtil.getBundle(Workbench.class).getBundleContext();

    /** Starts every bundle with service components. */
    Workbench() throws BundleException {
        for (Bundle bundle : ours()) {
            if (hasComponents(bundle)) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
        }
    }

    List<Bundle> bundles() {
        return List.of(context.getBundles());
    }

    List<Bundle> ours() {
        return bundles().stream().filter(bundle -> bundle.getSymbolicName().startsWith(OURS)).toList();
    }

    Bundle bundle(String name) {
        return bundles().stream().filter(bundle -> bundle.getSymbolicName().equals(name)).findFirst().orElseGet(() -> fail("no bundle " + name));
    }

    static boolean hasComponents(Bundle bundle) {
        return bundle.getHeaders().get("Service-Component") != null;
    }

    static boolean isFragment(Bundle bundle) {
        return bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
    }

    /** All services of a type that are there now. */
    <T> List<T> services(Class<T> type) {
        try {
            return context.getServiceReferences(type, null).stream().sorted(Comparator.reverseOrder()).map(context::getService).toList();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The service of highest rank, waited for. */
    <T> T service(Class<T> type) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE;
        while (System.nanoTime() < end) {
            ServiceReference<T> reference = context.getServiceReference(type);
            if (reference != null) {
                return context.getService(reference);
            }
            Thread.sleep(10);
        }
        return fail("no service " + type.getName() + "; there are bundles " + Arrays.toString(context.getBundles()));
    }
}
