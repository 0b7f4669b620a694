package org.bindrae.product.tests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;

import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** A framework launched by somebody else: the core feature and a Declarative Services runtime, all on one start level, started in no particular order. */
final class ForeignApplication implements AutoCloseable {
    private static final List<String> RUNTIME = List.of("org.apache.felix.scr", "org.apache.felix.configadmin", "org.osgi.service.cm",
            "org.osgi.service.component",
            "org.osgi.util.promise", "org.osgi.util.function");
    private static final long SHUFFLE = 7;
    private static final long PATIENCE_MS = 20_000;

    private final Framework framework;

    ForeignApplication(Path storage) throws BundleException, IOException {
        framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow().newFramework(Map.of(Constants.FRAMEWORK_STORAGE, storage.toString()));
        framework.start();
        List<Path> jars = new ArrayList<>(UpdateSite.feature("org.bindrae.core.feature"));
        for (String name : RUNTIME) {
            jars.add(UpdateSite.bundle(name));
        }
        Collections.shuffle(jars, new Random(SHUFFLE));
        List<Bundle> bundles = new ArrayList<>();
        for (Path jar : jars) {
            bundles.add(install(jar));
        }
        for (Bundle bundle : bundles) {
            start(bundle);
        }
    }

    private Bundle install(Path jar) throws BundleException {
        return framework.getBundleContext().installBundle(jar.toUri().toString());
    }

    private static void start(Bundle bundle) throws BundleException {
        if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
            try {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            } catch (BundleException e) {
                if (e.getType() != BundleException.RESOLVE_ERROR) {
                    throw e;
                }
            }
        }
    }

    /** Installs and starts one more bundle. */
    Bundle add(Path jar) throws BundleException {
        Bundle bundle = install(jar);
        start(bundle);
        return bundle;
    }

    /** Symbolic names of the bundles that lack something. */
    List<String> unresolved() {
        return List.of(framework.getBundleContext().getBundles()).stream().filter(bundle -> bundle.getState() == Bundle.INSTALLED).map(Bundle::getSymbolicName)
                .sorted().toList();
    }

    /** A service, waited for, of a type that only the framework knows. */
    Object service(String type) throws InterruptedException {
        long end = System.currentTimeMillis() + PATIENCE_MS;
        while (System.currentTimeMillis() < end) {
            ServiceReference<?> reference = framework.getBundleContext().getServiceReference(type);
            if (reference != null) {
                return framework.getBundleContext().getService(reference);
            }
            Thread.sleep(20);
        }
        throw new IllegalStateException("no service " + type + "; unresolved are " + unresolved());
    }

    @Override
    public void close() throws BundleException, InterruptedException {
        framework.stop();
        framework.waitForStop(PATIENCE_MS);
    }
}
