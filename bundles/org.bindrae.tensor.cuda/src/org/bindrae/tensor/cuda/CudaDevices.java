package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.DeviceStatus;
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
@Component(immediate = true, service = DeviceStatus.class)
public final class CudaDevices implements DeviceStatus {
    private final InstalledOperations operations = new InstalledOperations();
    private final List<CudaDevice> devices = new ArrayList<>();
    private final List<ServiceRegistration<Device>> registrations = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    @Activate
    void start(BundleContext bundle) {
        int count;
        try {
            count = NvidiaDriver.devices();
        } catch (NoCardException e) {
            notes.add("no CUDA: " + e.getMessage());
            return;
        } catch (DriverException e) {
            problems.add("no CUDA: " + e.getMessage());
            return;
        }
        if (CudaDevices.class.getResource("/kernels/tensor.txt") == null) {
            problems.add("no CUDA: this build has no kernels, because it was made without nvcc");
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
                problems.add("cuda:" + i + " is not used: " + e.getMessage());
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
    public List<String> problems() {
        List<String> lines = new ArrayList<>();
        synchronized (devices) {
            devices.forEach(device -> device.notes().forEach(note -> lines.add(device.name() + ": " + note)));
        }
        lines.addAll(problems);
        return lines;
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }
}
