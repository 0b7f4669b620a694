package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;

class BundlesTest {
    private Workbench workbench;

    @BeforeEach
    void start() throws BundleException {
        workbench = new Workbench();
    }

    @Test
    void everyBundleResolves() {
        assertAll(workbench.bundles().stream().map(bundle -> () -> assertNotEquals(Bundle.INSTALLED, bundle.getState(), bundle.getSymbolicName())));
        assertTrue(workbench.ours().size() >= 18, workbench.ours()::toString);
    }

    @Test
    void everyBundleWithComponentsRuns() {
        List<String> idle = workbench.ours().stream().filter(Workbench::hasComponents)
                .filter(bundle -> (bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) == 0)
                .map(Bundle::getSymbolicName).toList();
        assertEquals(List.of(), idle);
    }

    /** Equinox starts such bundles by itself, whoever installs them. */
    @Test
    void everyBundleWithComponentsIsStartedLazily() {
        List<String> others = workbench.ours().stream().filter(Workbench::hasComponents)
                .filter(bundle -> !Constants.ACTIVATION_LAZY.equals(bundle.getHeaders().get(Constants.BUNDLE_ACTIVATIONPOLICY))).map(Bundle::getSymbolicName)
                .toList();
        assertEquals(List.of(), others);
    }

    @Test
    void theProductStartsEveryBundleWithComponents() throws IOException {
        String product = Files.readString(Path.of("../../update-site/workbench.product"));
        List<String> forgotten = workbench.ours().stream().filter(Workbench::hasComponents).map(Bundle::getSymbolicName)
                .filter(name -> !product.contains("<plugin id=\"" + name + "\" autoStart=\"true\"")).toList();
        assertEquals(List.of(), forgotten, "not started in update-site/workbench.product");
    }

    @Test
    void theFeaturesHaveEveryBundle() throws IOException {
        Predicate<Path> cuda = folder -> folder.getFileName().toString().endsWith("cuda");
        Predicate<Path> tck = folder -> folder.getFileName().toString().endsWith("tck");
        Predicate<Path> update = folder -> folder.getFileName().toString().endsWith("update") || folder.getFileName().toString().endsWith("openpgp");
        assertEquals(List.of(), forgotten("core", "", cuda.negate().and(tck.negate()).and(update.negate())));
        assertEquals(List.of(), forgotten("update", "", update));
        assertEquals(List.of(), forgotten("sdk", "", tck));
        assertEquals(List.of(), forgotten("cuda", "", cuda));
    }

    @Test
    void noBundleIsInTwoFeaturesOrTwiceInOne() throws IOException {
        List<String> listed = new ArrayList<>();
        for (String feature : List.of("platform", "core", "cuda", "update", "sdk")) {
            Matcher plugin = Pattern.compile("<plugin id=\"([^\"]+)\"")
                    .matcher(Files.readString(Path.of("../../features/org.bindrae." + feature + ".feature/feature.xml")));
            plugin.results().map(found -> found.group(1)).forEach(listed::add);
        }
        assertEquals(List.of(), listed.stream().filter(name -> listed.indexOf(name) != listed.lastIndexOf(name)).distinct().toList());
    }

    @Test
    void theSdkHasTheSourcesOfEveryBundleOfOurs() throws IOException {
        assertEquals(List.of(), forgotten("sdk", ".source", folder -> Files.isDirectory(folder.resolve("src/org/bindrae"))));
    }

    /** The bundles among the folders beside this one that a feature lacks. */
    private static List<String> forgotten(String feature, String suffix, Predicate<Path> belongs) throws IOException {
        String listed = Files.readString(Path.of("../../features/org.bindrae." + feature + ".feature/feature.xml"));
        try (Stream<Path> folders = Files.list(Path.of(".."))) {
            return folders.filter(folder -> Files.exists(folder.resolve("META-INF/MANIFEST.MF")) && belongs.test(folder))
                    .map(folder -> folder.getFileName().toString())
                    .filter(name -> !name.endsWith(".tests") && !listed.contains("<plugin id=\"" + name + suffix + "\"")).toList();
        }
    }
}
