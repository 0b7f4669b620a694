package org.bindrae.app.internal;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

import org.eclipse.equinox.app.IApplication;
import org.eclipse.equinox.app.IApplicationContext;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;

/** Starts the interactive Gogo shell and keeps the workbench up until its user leaves, which stops the framework. */
public final class ShellApplication implements IApplication {
    /** The bundle's activator talks to the terminal, so it is not started with the others. */
    private static final String SHELL = "org.apache.felix.gogo.jline";

    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public Object start(IApplicationContext context) throws BundleException, InterruptedException {
        BundleContext bundles = FrameworkUtil.getBundle(ShellApplication.class).getBundleContext();
        Bundle shell = Arrays.stream(bundles.getBundles()).filter(bundle -> SHELL.equals(bundle.getSymbolicName())).findFirst().orElse(null);
        if (shell == null) {
            System.err.println("bindrae: the bundle " + SHELL + " is not installed; run single commands instead");
            return OneCommand.FAILED;
        }
        context.applicationRunning();
        shell.start(Bundle.START_TRANSIENT);
        stopped.await();
        return IApplication.EXIT_OK;
    }

    @Override
    public void stop() {
        stopped.countDown();
    }
}
