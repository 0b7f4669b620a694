package org.bindrae.training;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.OutOfService;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.DeviceMemoryException;
import org.bindrae.tensor.MissingOperationsException;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Stands between a run and its attention backend, and tells faults of the backend from those of others. Costs a few writes per layer.
 *
 * <p>Work may take the {@link Placement#patience} of the run, and as long again for each 100 000 pairs of residues; then it counts as hanging.
 */
final class BackendGuard implements AttentionBackend {
    private static final long PAIRS = 100_000;

    private final AttentionBackends.Choice choice;
    private final AttentionBackend backend;
    private final Device.Lease lease;
    private final Supplier<Duration> patience;
    private final Watch watch;
    /** Whether the backend is at work; another thread asks when it hangs. */
    private volatile boolean inside;
    private Duration limit;

    /** What is done with the backend. */
    interface Work<T, E extends Exception> {
        T with(AttentionBackend backend) throws E;
    }

    /** @param lease of the device, whose leave is no fault of the backend */
    BackendGuard(AttentionBackends.Choice choice, Device.Lease lease, Supplier<Duration> patience, Watch watch) {
        this(choice, choice.backend(), lease, patience, watch);
    }

    private BackendGuard(AttentionBackends.Choice choice, AttentionBackend backend, Device.Lease lease, Supplier<Duration> patience, Watch watch) {
        this.choice = choice;
        this.backend = backend;
        this.lease = lease;
        this.patience = patience;
        this.watch = watch;
    }

    AttentionBackends.Choice choice() {
        return choice;
    }

    /** The same with a look at what the backend gets and gives. */
    BackendGuard with(AttentionProbe probe) {
        return new BackendGuard(choice, probe, lease, patience, watch);
    }

    /** How long the last piece of work might take. */
    Duration limit() {
        return limit;
    }

    /** Whether the backend is at work. */
    boolean isInside() {
        return inside;
    }

    /**
     * Does work on batches with the backend.
     *
     * @throws BackendFaultException when the backend threw something that is its own fault
     * @throws AbandonedException when the work took so long that this thread was given up
     */
    <T, E extends Exception> T call(List<PreparedBatch> batches, Work<T, E> work) throws E {
        inside = false;
        limit = limit(batches);
        watch.begin(this, limit);
        try {
            return work.with(this);
        } catch (RuntimeException | Error e) {
            if (isFault(e)) {
                throw new BackendFaultException(choice, OutOfService.threw(e), e);
            }
            throw e;
        } finally {
            watch.end();
        }
    }

    private Duration limit(List<PreparedBatch> batches) {
        long pairs = batches.stream().mapToLong(batch -> batch.input().residues().pairs()).sum();
        return patience.get().multipliedBy(1 + pairs / PAIRS);
    }

    private boolean isFault(Throwable thrown) {
        boolean innocent = switch (thrown) {
            case MissingOperationsException _,DeviceMemoryException _,BackendFaultException _,AbandonedException _ -> true;
            case StackOverflowError _ -> false;
            case VirtualMachineError _ -> true;
            default -> false;
        };
        return inside && !innocent && !lease.revoked();
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        return backend.check(config, pair, device, dtype);
    }

    /** The records before and after those of the backend run after and before them in the backward pass. */
    @Override
    public Tensor attend(Tape tape, AttentionInputs inputs) {
        if (watch.isAbandoned()) {
            throw new AbandonedException();
        }
        tape.record(() -> inside = false);
        inside = true;
        Tensor result = backend.attend(tape, inputs);
        requireForm(result, inputs);
        inside = false;
        tape.record(() -> inside = true);
        return result;
    }

    private void requireForm(Tensor result, AttentionInputs inputs) {
        int rows = inputs.packing().total();
        int columns = inputs.config().resultWidth();
        if (result == null || result.columns() != columns || result.size() != (long) rows * columns || result.dtype() != inputs.q().dtype()) {
            throw new BackendFaultException(choice, "gave " + result + " instead of " + rows + " rows of " + columns + " values of type " + inputs.q().dtype(),
                    null);
        }
    }
}
