package org.bindrae.training;

import java.util.List;

import org.bindrae.stage1.ModelInput;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostBuffer;

/**
 * A batch ready for the network, and what its output is compared with.
 *
 * @param embeddings those of the input where its device takes them fastest; null for the input's own
 */
record PreparedBatch(List<String> ids, ModelInput input, LossTarget target, HostBuffer embeddings) implements AutoCloseable {
    /** As any device takes it. */
    PreparedBatch(List<String> ids, ModelInput input, LossTarget target) {
        this(ids, input, target, null);
    }

    /** With everything made that a device of a network needs and a step does not change; to be closed once steps have been taken with it. */
    static PreparedBatch on(Device device, DType dtype, Losses losses, List<String> ids, ModelInput input, LossTarget target) {
        losses.prepare(target, device, dtype);
        return new PreparedBatch(ids, input, target, input.embeddings(device, dtype));
    }

    /** The same for a device. */
    PreparedBatch on(Device device, DType dtype, Losses losses) {
        return on(device, dtype, losses, ids, input, target);
    }

    /** The same as any device takes it. */
    PreparedBatch anywhere() {
        return new PreparedBatch(ids, input, target);
    }

    int residues() {
        return input.residues().total();
    }

    @Override
    public void close() {
        if (embeddings != null) {
            embeddings.close();
        }
    }
}
