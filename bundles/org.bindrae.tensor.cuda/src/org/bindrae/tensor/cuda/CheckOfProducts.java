package org.bindrae.tensor.cuda;

import java.util.List;
import java.util.Locale;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.osgi.service.component.annotations.Component;

/** {@link ProductCheck} for {@code selftest}. */
@Component
public final class CheckOfProducts implements DeviceCheck {
    @Override
    public String subject() {
        return "matrix products";
    }

    @Override
    public boolean applies(Device device) {
        return device instanceof CudaDevice;
    }

    @Override
    public List<VectorRow> run(Device device, HostDevice host) {
        return ProductCheck.run((CudaDevice) device).stream()
                .map(row -> new VectorRow(row.shape() + ", " + row.precision().name().toLowerCase(Locale.ROOT) + ", " + row.way(), row.error(),
                        row.tolerance()))
                .toList();
    }
}
