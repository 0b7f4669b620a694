package org.bindrae.geometry;

import java.util.List;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The loss terms as a device computes them. Each compares a prediction, a tensor, with a truth, which is a constant in plain numbers, and records its gradient
 * on the tape. Arguments have the right sizes: whoever calls has looked. Nothing waits for the device.
 */
@ProviderType
public interface LossKernels {
    /** Those of a device. */
    static LossKernels of(Device device) {
        return device instanceof HostDevice host ? new HostLosses(host) : device.operations(LossKernels.class);
    }

    /**
     * {@link Fape}, [B].
     *
     * @param types residue types [T], for a true structure whose symmetric atoms may exchange their names where that lies nearer (see
     *            {@link Atom14Alternatives#nearer}; atoms are [T, 14] then); null for names as they are
     */
    Tensor fape(Tape tape, Fape fape, Frames frames, Tensor atoms, Fape.Target target, int[] types, Packing packing);

    /**
     * Makes what {@link #fape}, {@link #torsion} and {@link #clash} need of truths for predictions of an element type, so that they find it made. For whoever
     * prepares truths while a device works on others.
     *
     * @param target may be null
     * @param clashes may be null
     */
    default void prepare(DType dtype, Fape fape, Fape.Target target, int[] types, Packing packing, Torsions torsions, ClashSystem clashes) {
        // they read truths as they are
    }

    /** {@link DistanceLoss}, [B]. */
    Tensor distance(Tape tape, Tensor points, double[] truth, boolean[] present, Packing packing);

    /** {@link ClashLoss}, [B]. */
    Tensor clash(Tape tape, ClashLoss loss, Tensor atoms, ClashSystem system);

    /**
     * Σ weight · (1 − cos Δ) over the known torsions, Δ the angle to the nearer of the two symmetric targets.
     *
     * @param torsions predicted (sin, cos) pairs of length 1 [T, 7, 2]
     * @param residueWeights [T]
     * @param shares of the torsion classes in the sum [7]
     */
    TorsionErrors torsion(Tape tape, Tensor torsions, Torsions target, double[] residueWeights, double[] shares);

    /**
     * What {@link #torsion} finds.
     *
     * @param sum Σ share · error, differentiable [1]
     * @param classes the error of each torsion class, in double precision [7]
     */
    record TorsionErrors(Tensor sum, Tensor classes) {
    }

    /**
     * Σ | ‖(sin, cos)‖ − 1 | of torsions before they are normalised (AlphaFold2, Algorithm 27), [1].
     *
     * @param rawTorsions [T, 7, 2]
     * @param counted which torsions take part [T, 7]
     */
    Tensor torsionLength(Tape tape, Tensor rawTorsions, boolean[] counted);

    /**
     * Σ cross-entropy of the χ1 well, [1].
     *
     * @param logits [T, 3]
     * @param wells true wells [T], −1 for residues that do not count
     */
    Tensor rotamer(Tape tape, Tensor logits, int[] wells);

    /**
     * Σ weight · share · cross-entropy of the distributions over the known χ angles, [1]. The target of an angle is {@link AngleBins#DEVIATION} wide about it;
     * where half a turn makes no difference, half of it lies about the opposite angle.
     *
     * @param logits [T, 4, bins]
     * @param residueWeights [T]
     * @param shares of χ1–χ4 [4]
     */
    Tensor chi(Tape tape, AngleBins bins, Tensor logits, Torsions target, double[] residueWeights, double[] shares);

    /**
     * A term in the weighted sum of all: its numerator is Σ factor · value.
     *
     * @param weight that of the numerator in the sum
     */
    record Share(Tensor values, double[] factors, double weight) {
    }

    /**
     * The weighted sum of terms. Where it is not finite, or the condition is not, neither are the gradients that it sends back.
     *
     * @param alongside a tensor in double precision that is read together with the sum; null for none
     * @param condition a tensor in double precision whose first element says when the gradients are sent back whether they are of use; null for none
     */
    Total total(Tape tape, List<Share> shares, Tensor alongside, Tensor condition);

    /**
     * What {@link #total} finds.
     *
     * @param value Σ weight · numerator, differentiable [1]
     * @param numbers waits for the device: the numerators in the order of the shares, then the value, then what was to be read alongside
     */
    record Total(Tensor value, Supplier<double[]> numbers) {
    }
}
