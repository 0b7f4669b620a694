package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The core feature in an Equinox that was not made by us, put there and taken away by p2's own director. */
class DirectorTest {
    private static final String FEATURE = "org.bindrae.core.feature.feature.group";
    /** What is there without us, for p2 to know of: Equinox itself, and how p2 installs bundles of which nobody says more. */
    private static final String BASE = "org.eclipse.osgi,org.eclipse.equinox.app,org.apache.felix.scr,org.apache.felix.gogo.runtime,tooling.osgi.bundle.default";

    @TempDir
    private Path folder;
    private PlainEquinox equinox;

    @BeforeEach
    void make() throws IOException {
        equinox = PlainEquinox.in(folder.resolve("plain"));
    }

    private void direct(String... arguments) throws IOException, InterruptedException {
        Stream<String> where = Stream.of("-destination", equinox.folder().toString(), "-profile", PlainEquinox.PROFILE);
        Run run = equinox.run("org.eclipse.equinox.p2.director", Stream.concat(where, Stream.of(arguments)).toArray(String[]::new));
        assertEquals(0, run.status(), run::toString);
    }

    private Run backends() throws IOException, InterruptedException {
        return equinox.run("org.bindrae.app.command", "backends");
    }

    @Test
    void theDirectorBringsTheWorkbenchAndTakesItAway() throws IOException, InterruptedException {
        direct("-repository", UpdateSite.FOLDER.toUri().toString(), "-installIU", BASE + "," + FEATURE);
        Run there = backends();
        assertEquals(0, there.status(), there::toString);
        assertTrue(there.out().contains("attention.backend \"auto\" takes flash-cpu"), there::toString);
        Run doctor = equinox.run("org.bindrae.app.command", "doctor");
        assertEquals(0, doctor.status(), doctor::toString);
        assertTrue(doctor.out().contains("self-test passed on cpu"), doctor::toString);

        direct("-uninstallIU", FEATURE);
        Run gone = backends();
        assertNotEquals(0, gone.status());
        assertTrue(gone.toString().contains("org.bindrae.app.command"), gone::toString);
    }
}
