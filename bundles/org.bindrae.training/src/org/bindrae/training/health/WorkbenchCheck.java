package org.bindrae.training.health;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.edge.EdgeMode;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Whether there is a device, an attention backend, an edge mode and an embedding to train and predict with. */
@Component(property = "service.ranking:Integer=60")
public final class WorkbenchCheck implements HealthCheck {
    /** Null where it has no device. */
    private volatile Workbench workbench;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    public void use(Workbench installed) {
        workbench = installed;
    }

    void unuse(Workbench gone) {
        if (workbench == gone) {
            workbench = null;
        }
    }

    @Override
    public List<Finding> check() throws InterruptedException {
        Workbench here = workbench;
        if (here == null) {
            return List.of(Finding.failed("devices", "there is none", "install and start the bundle org.bindrae.tensor.cpu"));
        }
        List<Finding> findings = new ArrayList<>();
        List<String> devices = here.devices().ranked().stream().map(Device::name).toList();
        findings.add(devices.isEmpty() ? Finding.failed("devices", "there is none", "install and start the bundle org.bindrae.tensor.cpu")
                : Finding.ok("devices", String.join(", ", devices) + "; " + Devices.AUTO + " is " + devices.getFirst()));
        if (!devices.isEmpty() && !here.edgeModes().modes().isEmpty()) {
            findings.addAll(new BackendsCheck(here).check());
        }
        findings.add(names("edge modes", here.edgeModes().modes().stream().map(EdgeMode::name).sorted().toList(), "org.bindrae.edge"));
        findings.add(names("embeddings", here.embedders().all().stream().map(ResidueEmbedder::name).sorted().toList(), "org.bindrae.esm"));
        return findings;
    }

    private static Finding names(String subject, List<String> names, String bundle) {
        return names.isEmpty() ? Finding.failed(subject, "there is none", "install and start the bundle " + bundle)
                : Finding.ok(subject, String.join(", ", names));
    }
}
