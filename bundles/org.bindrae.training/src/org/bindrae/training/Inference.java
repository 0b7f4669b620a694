package org.bindrae.training;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/**
 * A network that only predicts, with the attention backend of the moment. A backend that throws, gives something of another form, or what is not finite for
 * numbers that are, is taken out of service, and the batch is computed again with the next one.
 */
public final class Inference {
    private final Stage1Model model;
    private final Supplier<AttentionBackends.Choice> backends;
    private final List<String> faults = new ArrayList<>();

    /** @param backends asked for each batch, as {@link AttentionBackends#choose} says */
    public Inference(Stage1Model model, Supplier<AttentionBackends.Choice> backends) {
        this.model = model;
        this.backends = backends;
    }

    public Stage1Model model() {
        return model;
    }

    /** Which backends were taken out of service on the way and why, one sentence each. */
    public List<String> faults() {
        return List.copyOf(faults);
    }

    /**
     * Computes a batch.
     *
     * @param arena of the network's device, for this batch alone: it is reset first
     * @return may be not finite, because of the weights or the input
     * @throws IllegalStateException if there is no backend that can, or the device goes away; the message says why
     */
    public Stage1Output forward(TensorArena arena, ModelInput input) {
        try (Device.Lease lease = arena.device().lease()) {
            while (true) {
                AttentionBackends.Choice choice = backends.get().require();
                arena.reset();
                try {
                    return forward(arena, input, new BackendGuard(choice, lease, () -> Duration.ZERO, new Watch()));
                } catch (BackendFaultException e) {
                    choice.outOfService().add(choice.backend(), e.reason());
                    faults.add(e.getMessage() + "; it is out of service");
                }
            }
        }
    }

    private Stage1Output forward(TensorArena arena, ModelInput input, BackendGuard guard) {
        Stage1Output output = compute(arena, input, guard);
        if (!isFinite(output)) {
            AttentionProbe probe = new AttentionProbe(guard.choice().backend());
            String fault = probe.fault(isFinite(compute(arena, input, guard.with(probe))), "a prediction");
            if (fault != null) {
                throw new BackendFaultException(guard.choice(), fault, null);
            }
        }
        return output;
    }

    private Stage1Output compute(TensorArena arena, ModelInput input, BackendGuard guard) {
        return guard.call(List.of(), backend -> model.forward(Tape.inference(arena), input, backend));
    }

    private static boolean isFinite(Stage1Output output) {
        Tensor distributions = output.chi() == null ? null : output.chi().logits();
        return Stream.of(output.torsions(), output.rawTorsions(), output.atoms(), output.rotamerLogits(), distributions).filter(Objects::nonNull)
                .allMatch(Inference::isFinite);
    }

    private static boolean isFinite(Tensor tensor) {
        return tensor.device().kernels().allFinite(tensor);
    }
}
