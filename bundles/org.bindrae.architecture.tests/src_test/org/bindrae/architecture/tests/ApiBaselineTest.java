package org.bindrae.architecture.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.architecture.tests.Api.Step;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Versions of exported packages tell what has become of them since the last release, and importers ask for what they can live with. */
class ApiBaselineTest {
    /** Makes what is there the baseline, instead of comparing with it. */
    private static final String ACCEPT = "bindrae.acceptApi";

    private static CompiledTypes types;
    private static final Map<String, List<Api>> BUNDLES = new TreeMap<>();

    @BeforeAll
    static void readClasses() {
        types = new CompiledTypes(Bundles.names());
        for (String bundle : Bundles.names()) {
            BUNDLES.put(bundle, BundleManifest.of(bundle).exported().stream().map(types::api).toList());
        }
    }

    @Test
    void versionsTellWhatHasChanged() throws IOException {
        if (System.getProperty(ACCEPT) != null) {
            ApiBaseline.write(BUNDLES);
            return;
        }
        List<String> violations = new ArrayList<>();
        Map<String, Api> gone = ApiBaseline.read();
        BUNDLES.forEach((bundle, packages) -> packages.forEach(api -> {
            Api released = gone.remove(api.name());
            if (released != null) {
                Api.Changes changes = api.since(released);
                String needed = Api.stepped(released.version(), changes.step());
                if (!Api.atLeast(api.version(), needed)) {
                    violations.add("package " + api.name() + " " + api.version() + " in " + BundleManifest.file(bundle) + " needs version " + needed
                            + " since its release as " + released.version()
                            + " (undo it otherwise; what was never released goes with ./bindrae accept-api):\n    "
                            + String.join("\n    ", changes.differences()));
                }
            }
        }));
        gone.values().forEach(api -> violations.add("package " + api.name() + " was released and is not exported any more: bring it back; "
                + "where it really must go, ./bindrae accept-api and a line in docs/UPGRADING.md"));
        assertEquals("", String.join("\n", violations));
    }

    @Test
    void everyInterfaceSaysWhoImplementsIt() {
        List<String> silent = new ArrayList<>();
        BUNDLES.values().forEach(packages -> packages.forEach(api -> types.visible(api.name()).stream()
                .filter(type -> CompiledTypes.isInterface(type) && CompiledTypes.isProvided(type) == CompiledTypes.isConsumed(type))
                .map(CompiledTypes::javaName).sorted().forEach(silent::add)));
        assertEquals(List.of(), silent, "neither @ConsumerType (others implement it: a new method needs a major version) nor @ProviderType (it is ours)");
    }

    @Test
    void whoImplementsATypeOfProvidersImportsItsMinorVersionOnly() {
        List<String> violations = new ArrayList<>();
        for (String bundle : Bundles.names()) {
            for (BundleManifest.Package imported : BundleManifest.of(bundle).imported()) {
                if (imported.name().startsWith("org.bindrae.") && !imported.version().isEmpty()) {
                    boolean provides = types.of(bundle).stream().flatMap(type -> types.supertypes(type).stream())
                            .anyMatch(above -> CompiledTypes.isProvided(above) && CompiledTypes.packageOf(above).equals(imported.name()));
                    String from = imported.version().replaceFirst("^\\[(\\d+\\.\\d+\\.\\d+),.*", "$1");
                    String expected = "[" + from + "," + Api.stepped(from, provides ? Step.MINOR : Step.MAJOR) + ")";
                    if (!imported.version().equals(expected)) {
                        violations.add(bundle + " imports " + imported.name() + " " + imported.version() + ", but it "
                                + (provides ? "provides for it: " : "only uses it: ")
                                + expected);
                    }
                }
            }
        }
        assertEquals("", String.join("\n", violations));
    }
}
