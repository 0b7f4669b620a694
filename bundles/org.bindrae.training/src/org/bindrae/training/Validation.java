package org.bindrae.training;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.TensorArena;

/** Runs the network with its averaged weights over the validation samples. */
final class Validation {
    /** The loss is that of the end of the warm-up, so that early and late validations can be compared. */
    private static final long AFTER_WARM_UP = Long.MAX_VALUE;
    private static final double RIGHT = StrictMath.cos(Math.toRadians(20));
    private static final int CHI1 = 3;

    private final TrainingSet set;
    private final List<int[]> batches;
    private final BatchLoader loader;
    private final Losses losses;
    private final TensorArena arena;

    Validation(TrainingConfig config, TrainingSet set, BatchLoader loader, Losses losses, TensorArena arena) {
        this.set = set;
        this.batches = new Batches(config.batchResidues(), config.batchSamples(), config.seed()).inOrder(BatchLoader.lengths(set));
        this.loader = loader;
        this.losses = losses;
        this.arena = arena;
    }

    /** What a validation found. */
    record Result(LossSums losses, double chi1Accuracy, int residues) {
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    /** A batch that the device runs. */
    private record UnderWay(PreparedBatch batch, Losses.Value value, Supplier<double[]> torsions) {
    }

    /** What the batches so far have given. */
    private static final class Totals {
        private LossSums sums = LossSums.zero();
        private int residues;
        private int right;
        private int known;
        private int samples;

        void add(UnderWay done) {
            LossTarget target = done.batch().target();
            sums = sums.plus(done.value().sums());
            right += chi1Right(done.torsions().get(), target);
            known += chi1Known(target);
            residues += done.batch().residues();
            samples += done.batch().ids().size();
        }

        Result result() {
            return new Result(sums, known == 0 ? Double.NaN : (double) right / known, residues);
        }
    }

    /**
     * @param lease of the device
     * @throws InterruptedException when the run is to end: nothing is known then
     * @throws DeviceLeavesException when the device goes away: nothing is known then
     */
    Result run(Checkpoint.Trained trained, BackendGuard guard, Device.Lease lease, StopRequest stop, TrainingListener listener)
            throws IOException, InterruptedException {
        Totals totals = new Totals();
        Deque<UnderWay> underWay = new ArrayDeque<>();
        // a device that works by itself has the next batch before its last one is looked at
        int ahead = arena.device() instanceof HostDevice ? 0 : 1;
        try (var _ = trained.averages().swapIn()) {
            Future<List<PreparedBatch>> next = start(0);
            for (int b = 0; b < batches.size(); b++) {
                stop.check();
                DeviceLeavesException.check(lease);
                PreparedBatch batch = loader.take(next).getFirst();
                next = start(b + 1);
                underWay.add(begin(trained, guard, batch));
                if (underWay.size() > ahead) {
                    finish(trained, underWay, totals, guard, listener);
                }
            }
            while (!underWay.isEmpty()) {
                finish(trained, underWay, totals, guard, listener);
            }
        }
        return totals.result();
    }

    private void finish(Checkpoint.Trained trained, Deque<UnderWay> underWay, Totals totals, BackendGuard guard, TrainingListener listener) {
        UnderWay done = underWay.remove();
        boolean finite = guard.call(List.of(done.batch()), _ -> {
            totals.add(done);
            return done.value().sums().isFinite();
        });
        if (!finite) {
            findFault(trained, guard, done.batch().anywhere());
        }
        listener.validating(totals.samples, set.size());
    }

    private UnderWay begin(Checkpoint.Trained trained, BackendGuard guard, PreparedBatch batch) {
        try {
            return guard.call(List.of(batch), backend -> begin(trained, backend, batch));
        } finally {
            batch.close();
        }
    }

    private UnderWay begin(Checkpoint.Trained trained, AttentionBackend backend, PreparedBatch batch) {
        AtomicReference<UnderWay> begun = new AtomicReference<>();
        try {
            arena.device().step(() -> begun.set(forward(trained, backend, batch)));
        } finally {
            arena.reset();
        }
        return begun.get();
    }

    private UnderWay forward(Checkpoint.Trained trained, AttentionBackend backend, PreparedBatch batch) {
        Tape tape = Tape.inference(arena);
        Stage1Output output = trained.model().forward(tape, batch.input(), batch.embeddings(), batch.target().torsions(), backend);
        LossSums denominators = losses.denominators(batch.target(), AFTER_WARM_UP);
        Losses.Value value = losses.of(tape, output, batch.target(), AFTER_WARM_UP, denominators);
        return new UnderWay(batch, value, arena.device().downloadLater(output.torsions()));
    }

    /**
     * Computes a batch again whose losses were not finite, to see what the backend makes of it.
     *
     * @throws BackendFaultException when the backend is to blame
     */
    private void findFault(Checkpoint.Trained trained, BackendGuard guard, PreparedBatch batch) {
        AttentionProbe probe = new AttentionProbe(guard.choice().backend());
        boolean finite = guard.with(probe).call(List.of(batch), backend -> {
            try {
                UnderWay again = forward(trained, backend, batch);
                again.torsions().get();
                return again.value().sums().isFinite();
            } finally {
                arena.reset();
            }
        });
        String fault = probe.fault(finite, "a validation");
        if (fault != null) {
            throw new BackendFaultException(guard.choice(), fault, null);
        }
    }

    private Future<List<PreparedBatch>> start(int batch) {
        return batch < batches.size() ? loader.start(set, batches.subList(batch, batch + 1), BatchLoader.VALIDATION) : null;
    }

    private static int chi1Known(LossTarget target) {
        int known = 0;
        for (int i = CHI1; i < target.torsions().mask().length; i += ResidueConstants.TORSIONS) {
            known += target.torsions().mask()[i] ? 1 : 0;
        }
        return known;
    }

    private static int chi1Right(double[] predicted, LossTarget target) {
        Torsions torsions = target.torsions();
        int right = 0;
        for (int i = CHI1; i < torsions.mask().length; i += ResidueConstants.TORSIONS) {
            double cosine = predicted[2 * i] * torsions.sinCos()[2 * i] + predicted[2 * i + 1] * torsions.sinCos()[2 * i + 1];
            right += torsions.mask()[i] && cosine >= RIGHT ? 1 : 0;
        }
        return right;
    }
}
