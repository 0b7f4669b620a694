package org.bindrae.app.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

import org.eclipse.equinox.app.IApplication;
import org.eclipse.equinox.app.IApplicationContext;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;

/** Starts the interactive Gogo shell and keeps the workbench up until its user leaves, which stops the framework. */
public final class ShellApplication implements IApplication {
    /** Not started with the others, because single commands do not need them, and the last one's activator talks to the terminal. */
    private static final List<String> BUNDLES = List.of("org.apache.felix.gogo.command", "org.apache.felix.gogo.jline");

    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public Object start(IApplicationContext context) throws BundleException, InterruptedException {
        BundleContext bundles = FrameworkUtil.getBundle(ShellApplication.class).getBundleContext();
        Map<String, Bundle> installed = Arrays.stream(bundles.getBundles())
                .collect(Collectors.toMap(Bundle::getSymbolicName, bundle -> bundle, (first, second) -> first));
        if (!installed.keySet().containsAll(BUNDLES)) {
            System.err.println("bindrae: the shell needs the bundles " + BUNDLES + "; run single commands instead");
            return OneCommand.FAILED;
        }
        context.applicationRunning();
        for (String name : BUNDLES) {
            installed.get(name).start(Bundle.START_TRANSIENT);
        }
        stopped.await();
        return IApplication.EXIT_OK;
    }

    @Override
    public void stop() {
        stopped.countDown();
    }
}
