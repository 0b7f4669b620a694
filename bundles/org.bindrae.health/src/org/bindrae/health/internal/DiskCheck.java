package org.bindrae.health.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Room where runs, samples and settings are written. */
@Component(property = "service.ranking:Integer=85")
public final class DiskCheck implements HealthCheck {
    private static final double GIB = 1L << 30;
    private static final long ENOUGH = 2L << 30;
    private static final String INSTANCE_AREA = "osgi.instance.area";

    private final String instanceArea;

    @Activate
    public DiskCheck(BundleContext context) {
        this.instanceArea = context.getProperty(INSTANCE_AREA);
    }

    @Override
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        findings.add(of("disk", Path.of("").toAbsolutePath(), ENOUGH));
        if (instanceArea != null && instanceArea.startsWith("file:")) {
            findings.add(of("workspace", Path.of(URI.create(instanceArea.replace(" ", "%20"))), 0));
        }
        findings.add(of("temporary files", Path.of(System.getProperty("java.io.tmpdir")), 0));
        return findings;
    }

    /** What there is to say of a folder, which may not be there yet. */
    static Finding of(String subject, Path folder, long enough) {
        Path there = folder.toAbsolutePath();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            return Finding.warning(subject, "nothing can be written to " + there, "start the workbench elsewhere, or name another folder");
        }
        try {
            long free = Files.getFileStore(there).getUsableSpace();
            String text = String.format(Locale.ROOT, "%.1f GiB free in %s", free / GIB, folder);
            return free >= enough ? Finding.ok(subject, text)
                    : Finding.warning(subject, text + "; caches and checkpoints may not fit", "free some space, or work on another disk");
        } catch (IOException e) {
            return Finding.warning(subject, folder + ": free space unknown: " + e.getMessage(), "see whether the disk works");
        }
    }
}
