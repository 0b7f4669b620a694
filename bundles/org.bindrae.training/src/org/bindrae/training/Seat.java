package org.bindrae.training;

import java.util.function.Function;

import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;

/**
 * A network where it is computed, for as long as its device is there. Closing frees the network, if it is the seat's own, and lets the device go.
 *
 * @param own whether the network was made for this seat
 */
record Seat(Workbench.Place place, Device.Lease lease, Stage1Model model, boolean own) implements AutoCloseable {
    /** With a network made there. */
    static Seat on(Workbench.Place place, Function<Workbench.Place, Stage1Model> network) {
        Device.Lease lease = place.device().lease();
        try {
            return new Seat(place, lease, network.apply(place), true);
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    /** Of a network that is there already and stays. */
    static Seat of(Stage1Model model) {
        Device device = model.parameters().device();
        return new Seat(new Workbench.Place(device, model.parameters().dtype()), device.lease(), model, false);
    }

    Device device() {
        return place.device();
    }

    @Override
    public void close() {
        try {
            if (own) {
                model.close();
            }
        } finally {
            lease.close();
        }
    }
}
