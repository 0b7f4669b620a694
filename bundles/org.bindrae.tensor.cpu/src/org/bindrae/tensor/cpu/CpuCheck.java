package org.bindrae.tensor.cpu;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.bindrae.health.HealthCheck;
import org.bindrae.health.NativeLibraries;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the processor's instructions, threads and native library are made use of. */
@Component(property = "service.ranking:Integer=80")
public final class CpuCheck implements HealthCheck {
    private final CpuDevice device;
    private final Processor processor;
    private final int processors;

    @Activate
    public CpuCheck(@Reference CpuDevice device) {
        this(device, Processor.ofThisMachine(), Runtime.getRuntime().availableProcessors());
    }

    CpuCheck(CpuDevice device, Processor processor, int processors) {
        this.device = device;
        this.processor = processor;
        this.processors = processors;
    }

    @Override
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("processor", processor.model() + ", " + processors + (processors == 1 ? " processor" : " processors")
                + (processor.features().isEmpty() ? "" : ", " + String.join(" ", processor.features()))));
        findings.add(Finding.ok("device cpu", device.description()));
        if (device.lanes() > 1 && device.lanes() < processor.lanes()) {
            findings.add(new Finding(State.NOTE, "vectors", device.lanes() + " lanes, where the processor has " + processor.lanes(),
                    "BINDRAE_JAVA_OPTS=-XX:UseAVX=3 may be faster"));
        }
        if (device.threads() > processors) {
            findings.add(Finding.warning("threads", device.threads() + " threads on " + processors + (processors == 1 ? " processor" : " processors"),
                    "leave bindrae.threads out of the options of Java"));
        }
        if (device.product() instanceof PlainProduct) {
            findings.add(Finding.warning("OpenBLAS", "not used: " + device.product().description() + "; works, but several times slower",
                    "install the bundle org.bindrae.thirdparty.openblas with the fragment for this platform"));
        } else {
            findings.add(Finding.ok("OpenBLAS", device.product().description()
                    + NativeLibraries.file("libopenblas").map(file -> ", " + file).orElse("")));
        }
        return findings;
    }
}
