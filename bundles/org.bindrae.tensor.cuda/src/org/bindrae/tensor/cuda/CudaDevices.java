package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cuda.driver.CudaDriver;
import org.bindrae.tensor.cuda.driver.DriverException;
import org.bindrae.tensor.cuda.driver.NoCardException;
import org.bindrae.tensor.cuda.driver.NvidiaDriver;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Looks for cards when the bundle starts and makes each a {@link Device} service; where there are none, says why. */
@Component(immediate = true, service = HealthCheck.class, property = "service.ranking:Integer=70")
public final class CudaDevices implements HealthCheck {
    private static final String SUBJECT = "CUDA";

    private final InstalledOperations operations = new InstalledOperations();
    private final List<CudaDevice> devices = new ArrayList<>();
    private final List<ServiceRegistration<Device>> registrations = new ArrayList<>();
    /** Why there are none, or fewer than there could be. */
    private final List<Finding> obstacles = new ArrayList<>();

    @Activate
    void start(BundleContext bundle) {
        int count;
        try {
            count = NvidiaDriver.devices();
        } catch (NoCardException e) {
            obstacles.add(Finding.note(SUBJECT, "none: " + e.getMessage()));
            return;
        } catch (DriverException e) {
            obstacles.add(Finding.warning(SUBJECT, e.getMessage(), "make nvidia-smi list the card, then start the workbench anew"));
            return;
        }
        if (CudaDevices.class.getResource("/kernels/tensor.txt") == null) {
            obstacles.add(Finding.warning(SUBJECT, "this build has no kernels, because it was made without nvcc",
                    "build it on a machine with nvcc, or take an archive that has them"));
            return;
        }
        for (int i = 0; i < count; i++) {
            try {
                CudaDriver driver = new NvidiaDriver(i);
                CudaDevice device = CudaDevice.on(driver, i, Precision.FP32, operations);
                Dictionary<String, Object> properties = new Hashtable<>();
                properties.put("device", device.name());
                // before the processor
                properties.put("service.ranking", 100);
                synchronized (devices) {
                    devices.add(device);
                }
                registrations.add(bundle.registerService(Device.class, device, properties));
            } catch (DriverException e) {
                obstacles.add(Finding.warning("device cuda:" + i, "is not used: " + e.getMessage(), "see what nvidia-smi says of the card"));
            }
        }
    }

    @Deactivate
    void stop() {
        registrations.forEach(ServiceRegistration::unregister);
        registrations.clear();
        List<CudaDevice> closing;
        synchronized (devices) {
            closing = List.copyOf(devices);
            devices.clear();
        }
        // whoever uses them takes leave of all at the same time
        closing.forEach(CudaDevice::revoke);
        closing.forEach(CudaDevice::close);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addOperations(CudaOperations<?> provider) {
        operations.add(provider);
    }

    void removeOperations(CudaOperations<?> provider) {
        operations.remove(provider);
        synchronized (devices) {
            devices.forEach(device -> device.forget(provider));
        }
    }

    @Override
    public List<Finding> check() {
        List<CudaDevice> there;
        synchronized (devices) {
            there = List.copyOf(devices);
        }
        List<Finding> findings = new ArrayList<>();
        for (CudaDevice device : there) {
            findings.add(Finding.ok("device " + device.name(), device.description()));
            device.notes().forEach(note -> findings.add(Finding.warning("device " + device.name(), note, "a newer driver may do better")));
        }
        if (!there.isEmpty()) {
            findings.add(CudaLibraries.check());
        }
        findings.addAll(obstacles);
        return findings;
    }
}
