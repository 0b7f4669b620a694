package org.bindrae.health.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.resource.Namespace;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Version of the workbench, and whether every bundle has what it needs. */
@Component(property = "service.ranking:Integer=100")
public final class BundlesCheck implements HealthCheck {
    private static final String OURS = "org.bindrae.";
    private static final String LIBRARIES = "org.bindrae.thirdparty.";
    private static final Pattern PACKAGE = Pattern.compile("\\(" + Pattern.quote(PackageNamespace.PACKAGE_NAMESPACE) + "=([^)]*)\\)");
    private static final Pattern FROM = Pattern.compile("[^!]\\(version>=([^)]*)\\)");
    private static final Pattern BEFORE = Pattern.compile("!\\(version>=([^)]*)\\)");

    private final BundleContext context;

    @Activate
    public BundlesCheck(BundleContext context) {
        this.context = context;
    }

    @Override
    public List<Finding> check() {
        Bundle[] bundles = context.getBundles();
        List<Finding> findings = new ArrayList<>();
        findings.add(workbench(bundles));
        List<Finding> unresolved = Arrays.stream(bundles).filter(bundle -> bundle.getState() == Bundle.INSTALLED).map(this::unresolved).toList();
        findings.add(Finding.ok("bundles", bundles.length + " installed, " + (bundles.length - unresolved.size()) + " resolved"));
        findings.addAll(unresolved);
        return findings;
    }

    private Finding workbench(Bundle[] bundles) {
        Map<String, List<String>> versions = new TreeMap<>();
        for (Bundle bundle : bundles) {
            String name = bundle.getSymbolicName();
            if (name != null && name.startsWith(OURS) && !name.startsWith(LIBRARIES)) {
                versions.computeIfAbsent(release(bundle.getVersion()), _ -> new ArrayList<>()).add(name);
            }
        }
        Bundle here = context.getBundle();
        String revision = here.getHeaders().get("Git-Revision");
        List<String> others = versions.remove(release(here.getVersion()));
        return Finding.ok("workbench", here.getVersion() + (revision == null ? "" : ", revision " + revision) + ", " + others.size() + " bundles"
                + versions.entrySet().stream().map(e -> "; " + e.getKey() + ": " + String.join(", ", e.getValue())).collect(Collectors.joining()));
    }

    private static String release(Version version) {
        return version.getMajor() + "." + version.getMinor() + "." + version.getMicro();
    }

    private Finding unresolved(Bundle bundle) {
        FrameworkWiring framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
        String missing = bundle.adapt(BundleRevision.class).getDeclaredRequirements(null).stream()
                .filter(need -> !Namespace.RESOLUTION_OPTIONAL.equals(need.getDirectives().get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE))
                        && !PackageNamespace.RESOLUTION_DYNAMIC.equals(need.getDirectives().get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE)))
                .filter(need -> framework.findProviders(need).isEmpty()).map(BundlesCheck::text).collect(Collectors.joining(", "));
        return Finding.warning("bundle " + bundle.getSymbolicName(),
                bundle.getVersion() + " is not resolved" + (missing.isEmpty() ? "" : ": nothing installed provides " + missing),
                missing.isEmpty() ? "start " + bundle.getBundleId() + " in the shell says why"
                        : "install what provides it, in a version of the range, or remove this bundle");
    }

    /** A requirement as manifests write it. */
    private static String text(BundleRequirement need) {
        String filter = need.getDirectives().get(Namespace.REQUIREMENT_FILTER_DIRECTIVE);
        Matcher name = PACKAGE.matcher(filter);
        if (!name.find()) {
            return need.getNamespace() + " " + filter;
        }
        Matcher from = FROM.matcher(filter);
        Matcher before = BEFORE.matcher(filter);
        String range = from.find() ? before.find() ? " [" + from.group(1) + "," + before.group(1) + ")" : " " + from.group(1) : "";
        return "the package " + name.group(1) + range;
    }
}
