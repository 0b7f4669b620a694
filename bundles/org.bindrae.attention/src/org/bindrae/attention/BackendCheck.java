package org.bindrae.attention;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.MissingOperationsException;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.io.VectorRow;

/**
 * A short self-test: a small attention and its gradients, compared with a reference in double precision. A backend that passes is in service afterwards, one that
 * does not is out of service.
 *
 * @param device where the backend is to run
 * @param limit how long it may take; a thread that takes longer is left behind
 */
public record BackendCheck(AttentionBackend backend, Device device, DType dtype, AttentionReference reference, Duration limit) {
    /** One residue, nothing, more than a tile, less than one. */
    private static final Packing SMALL = Packing.ofLengths(1, 0, 37, 20);
    private static final double RADIUS = 20;
    private static final double OFFSET = 50;
    private static final int FACTORS = 2;
    private static final long SEED = 7;

    /**
     * What was found.
     *
     * @param rows errors and tolerances; empty where the backend gave nothing to compare
     * @param fault empty when the backend passed
     */
    public record Result(List<VectorRow> rows, Optional<OutOfService.Fault> fault) {
    }

    /**
     * Runs the backend.
     *
     * @param sizes of the layer that it is used for
     * @param outOfService where to put what was found
     * @throws IllegalStateException if it cannot run a layer of such widths here, or takes full pair terms only
     * @throws MissingOperationsException if operations of the device that it needs are not there
     * @throws InterruptedException if this thread is interrupted meanwhile; nothing is found then
     */
    public Result run(IpaConfig sizes, OutOfService outOfService) throws InterruptedException {
        List<IpaConfig> able = ableForms(sizes);
        FutureTask<List<VectorRow>> comparison = new FutureTask<>(() -> compare(able));
        Thread.ofPlatform().daemon().name("bindrae-check").start(comparison);
        List<VectorRow> rows = List.of();
        String reason;
        try {
            rows = comparison.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            reason = rows.stream().filter(row -> !row.passes()).findFirst()
                    .map(row -> "is wrong: " + row.quantity() + " by " + row.error() + ", more than " + row.tolerance()).orElse(null);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MissingOperationsException missing) {
                throw missing;
            }
            reason = OutOfService.threw(e.getCause());
        } catch (TimeoutException e) {
            reason = "did not return from a small attention within " + limit.toMillis() + " ms";
        }
        outOfService.remove(backend);
        if (reason != null) {
            outOfService.add(backend, reason);
        }
        return new Result(rows, outOfService.fault(backend));
    }

    private List<VectorRow> compare(List<IpaConfig> forms) {
        AttentionCheck check = new AttentionCheck(backend, device, dtype, reference);
        List<VectorRow> rows = new ArrayList<>();
        for (IpaConfig form : forms) {
            rows.addAll(check.compare(form.rank() == 0 ? "without pair term" : "with factors", AttentionTrial.random(form, SMALL, RADIUS, OFFSET, SEED)));
        }
        return rows;
    }

    /** Layers of these widths that the backend can run. */
    private List<IpaConfig> ableForms(IpaConfig sizes) {
        List<IpaConfig> able = new ArrayList<>();
        Support support = Support.YES;
        for (int rank : new int[] {Math.max(FACTORS, sizes.rank()), 0}) {
            int width = rank == 0 ? 0 : Math.max(4, sizes.cZ());
            var form = new IpaConfig(sizes.cS(), width, sizes.cHidden(), sizes.heads(), sizes.qkPoints(), sizes.vPoints(), rank, sizes.biasScale());
            support = backend.check(form, form.pairForm(), device, dtype);
            if (support.ok()) {
                able.add(form);
            }
        }
        if (able.isEmpty()) {
            throw new IllegalStateException(backend.name() + " cannot be checked: " + support.reason());
        }
        return able;
    }
}
