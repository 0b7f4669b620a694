package org.bindrae.health.internal;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.osgi.service.component.annotations.Component;

/** Java and the options that it was started with. */
@Component(property = "service.ranking:Integer=90")
public final class JavaCheck implements HealthCheck {
    private static final double GIB = 1L << 30;
    private static final String VECTORS = "jdk.incubator.vector";

    @Override
    public List<Finding> check() {
        return List.of(java(), options(), vectors(ModuleLayer.boot().findModule(VECTORS).isPresent()),
                nativeAccess(JavaCheck.class.getModule().isNativeAccessEnabled()),
                heap(Runtime.getRuntime().maxMemory()));
    }

    private static Finding java() {
        return Finding.ok("java", System.getProperty("java.vm.name") + " " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", in " + System.getProperty("java.home"));
    }

    private static Finding options() {
        // the words of the command line come as properties
        return Finding.ok("java options",
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(option -> !option.startsWith("-Dbindrae.argument."))
                        .collect(Collectors.joining(" ")));
    }

    static Finding vectors(boolean there) {
        return there ? Finding.ok("vector API", VECTORS + " is there")
                : Finding.warning("vector API", VECTORS + " is missing: the processor computes several times slower",
                        "start Java with --add-modules " + VECTORS + ", as bin/bindrae does");
    }

    static Finding nativeAccess(boolean enabled) {
        return enabled ? Finding.ok("native access", "enabled")
                : Finding.warning("native access", "not enabled: Java warns when a native library is used, and will refuse to one day",
                        "start Java with --enable-native-access=ALL-UNNAMED, as bin/bindrae does");
    }

    static Finding heap(long bytes) {
        String text = String.format(Locale.ROOT, "%.1f GiB of Java heap at most", bytes / GIB);
        return bytes >= GIB ? Finding.ok("memory", text) : Finding.warning("memory", text + "; large structures may need more", "BINDRAE_JAVA_OPTS=-Xmx4g");
    }
}
