package org.bindrae.training;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Looks at what a backend gets and gives, to find out whether it makes numbers that are not finite. Waits for the device at every turn: for use after something
 * went wrong.
 */
final class AttentionProbe implements AttentionBackend {
    /**
     * Inputs and gradients from above that are no larger make no right attention overflow in any precision: the largest number on the way is the product of a
     * point weight, a squared distance and a gradient, for each of some thousand residues.
     */
    private static final double MODERATE = 1e9;

    private final AttentionBackend backend;
    private String finding;
    private boolean watching;

    AttentionProbe(AttentionBackend backend) {
        this.backend = backend;
    }

    /**
     * What the backend did wrong in work that was not finite and was done again with this look at it.
     *
     * @param finite whether the work was finite this time
     * @param work for the message: such as a validation
     * @return the end of "it …"; null when it is not to blame
     */
    String fault(boolean finite, String work) {
        if (finding != null) {
            return finding + " in " + work + ", for numbers that are";
        }
        return finite ? "gave something in " + work + " that was not finite, and was when it was asked again" : null;
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        return backend.check(config, pair, device, dtype);
    }

    /** As in {@link BackendGuard}, the records around those of the backend enclose its backward pass. */
    @Override
    public Tensor attend(Tape tape, AttentionInputs inputs) {
        Tensor[] given = inputs.tensors();
        boolean moderate = moderate(given);
        tape.record(() -> {
            if (watching && !moderateGradients(given, Double.MAX_VALUE)) {
                find("gave gradients that are not finite");
            }
        });
        Tensor result = backend.attend(tape, inputs);
        if (moderate && result != null && !within(result, Double.MAX_VALUE)) {
            find("gave a result that is not finite");
        }
        tape.record(() -> watching = moderate && within(tape.gradient(result), MODERATE) && moderateGradients(given, MODERATE));
        return result;
    }

    private void find(String what) {
        if (finding == null) {
            finding = what;
        }
    }

    private static boolean moderate(Tensor[] tensors) {
        for (Tensor tensor : tensors) {
            if (!within(tensor, MODERATE)) {
                return false;
            }
        }
        return true;
    }

    /** Whether those gradients that there are already are no larger than this. */
    private static boolean moderateGradients(Tensor[] tensors, double largest) {
        for (Tensor tensor : tensors) {
            if (tensor.requiresGradient() && tensor.gradient() != null && !within(tensor.gradient(), largest)) {
                return false;
            }
        }
        return true;
    }

    private static boolean within(Tensor tensor, double largest) {
        for (double value : tensor.toDoubles()) {
            if (!(Math.abs(value) <= largest)) {
                return false;
            }
        }
        return true;
    }
}
