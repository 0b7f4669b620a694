package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.bindrae.health.HealthCheck;
import org.bindrae.health.InstalledChecks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;

/** What {@code doctor} finds in a framework. */
class HealthTest {
    private final BundleContext context = FrameworkUtil.getBundle(HealthTest.class).getBundleContext();
    private InstalledChecks checks;

    @BeforeEach
    void start() throws BundleException, InterruptedException {
        checks = new Workbench().service(InstalledChecks.class);
    }

    @Test
    void thisInstallationIsHealthy() throws InterruptedException {
        List<Finding> findings = checks.findings();
        List<String> subjects = findings.stream().map(Finding::subject).toList();
        assertTrue(
                subjects.containsAll(List.of("workbench", "bundles", "components", "java", "native access", "disk", "processor", "OpenBLAS", "CUDA",
                        "configuration", "devices",
                        "attention flash-cpu", "attention reference", "edge modes", "embeddings")),
                subjects::toString);
        assertEquals(List.of(), findings.stream().filter(finding -> finding.state() == State.FAILED).toList());
        Finding backend = findings.get(subjects.indexOf("attention flash-cpu"));
        assertTrue(backend.state() == State.OK && backend.text().contains("self-test passed"), backend::toString);
    }

    @Test
    void aBundleThatMissesAPackageIsNamedWithIt() throws BundleException, InterruptedException, IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Bundle-ManifestVersion", "2");
        attributes.putValue("Bundle-SymbolicName", "org.lab");
        attributes.putValue("Import-Package", "org.bindrae.health;version=\"[7.0.0,8.0.0)\",org.lab.nowhere;resolution:=optional");
        var jar = new ByteArrayOutputStream();
        new JarOutputStream(jar, manifest).close();
        Bundle bundle = context.installBundle("memory:org.lab", new ByteArrayInputStream(jar.toByteArray()));
        try {
            Finding finding = checks.findings().stream().filter(one -> one.subject().equals("bundle org.lab")).findFirst().orElseThrow();
            assertEquals(State.WARNING, finding.state());
            assertEquals("0.0.0 is not resolved: nothing installed provides the package org.bindrae.health [7.0.0,8.0.0)", finding.text());
        } finally {
            bundle.uninstall();
        }
    }

    @Test
    void aCheckOfAnotherBundleIsAskedAsLongAsItIsThere() throws InterruptedException {
        Finding mine = Finding.note("freezer", "at −79 °C");
        ServiceRegistration<HealthCheck> registration = context.registerService(HealthCheck.class, () -> List.of(mine), null);
        assertTrue(checks.findings().contains(mine));
        registration.unregister();
        assertTrue(!checks.findings().contains(mine));
    }

    @Test
    void aComponentThatWaitsForAnotherIsNamed() throws BundleException, InterruptedException {
        Bundle device = new Workbench().bundle("org.bindrae.tensor.cpu");
        device.stop();
        try {
            List<Finding> findings = checks.findings();
            assertTrue(
                    findings.stream()
                            .anyMatch(one -> one.subject().equals("component Workbench") && one.text().contains("waits for org.bindrae.tensor.HostDevice")),
                    findings::toString);
            assertTrue(findings.stream().anyMatch(one -> one.state() == State.FAILED && one.subject().equals("devices")), findings::toString);
        } finally {
            device.start(Bundle.START_ACTIVATION_POLICY);
        }
    }
}
