package org.bindrae.stage1.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.GeometryKernels;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Mlp;
import org.bindrae.tensor.nn.Parameters;

/** Distributions over χ1–χ4, each given the angles before it. Parameters {@code norm} and {@code chi1} to {@code chi4}. */
public final class ChiHead {
    private final AngleBins bins;
    private final LayerNorm norm;
    private final List<Mlp> chis;

    public ChiHead(Parameters parameters, Stage1Config config) {
        this.bins = new AngleBins(config.chi().bins());
        this.norm = new LayerNorm(parameters.scope("norm"), config.cS());
        this.chis = IntStream.range(0, ResidueConstants.CHIS).mapToObj(chi -> new Mlp(parameters.scope("chi" + (chi + 1)), config.cS() + 2 * chi,
                config.headWidth(), bins.count(), config.dropout(), Initializer.ZEROS)).toList();
    }

    /**
     * What the network takes for the angles.
     *
     * @param logits [T, 4, bins]
     * @param angles the most probable ones, (sin, cos) [T, 8]
     * @param masses probability within {@link AngleBins#HALF_WINDOW} of each [T, 4]
     */
    public record Chosen(Tensor logits, Tensor angles, Tensor masses) {
    }

    /** Each distribution given the true angles, (sin, cos) [T, 8], zeros where there is none → logits [T, 4, bins]. */
    public Tensor given(Tape tape, Tensor s, Tensor angles) {
        Tensor read = norm.forward(tape, s);
        List<Tensor> logits = new ArrayList<>();
        for (int chi = 0; chi < chis.size(); chi++) {
            Tensor x = chi == 0 ? read : Ops.concatColumns(tape, read, Ops.splitColumns(tape, angles, 2 * chi).getFirst());
            logits.add(chis.get(chi).forward(tape, x));
        }
        return joined(tape, logits);
    }

    /** Each distribution given the most probable angles before it. */
    public Chosen chosen(Tape tape, Tensor s) {
        Tensor read = norm.forward(tape, s);
        GeometryKernels kernels = GeometryKernels.of(tape.device());
        List<Tensor> logits = new ArrayList<>();
        List<Tensor> angles = new ArrayList<>();
        List<Tensor> masses = new ArrayList<>();
        List<Tensor> seen = new ArrayList<>(List.of(read));
        for (Mlp chi : chis) {
            Tensor x = seen.size() == 1 ? read : Ops.concatColumns(tape, seen.toArray(Tensor[]::new));
            Tensor distribution = chi.forward(tape, x);
            Tensor angle = tape.scratch(s.dtype(), Shape.of(s.rows(), 2));
            Tensor mass = tape.scratch(s.dtype(), Shape.of(s.rows(), 1));
            kernels.bestAngles(bins, distribution, angle, mass);
            logits.add(distribution);
            angles.add(angle);
            masses.add(mass);
            seen.add(angle);
        }
        return new Chosen(joined(tape, logits), Ops.concatColumns(tape, angles.toArray(Tensor[]::new)), Ops.concatColumns(tape, masses.toArray(Tensor[]::new)));
    }

    /**
     * The distribution over one χ of some residues.
     *
     * @param chi 0 for χ1
     * @param residues rows of s, I32 [P]
     * @param earlier (sin, cos) of the angles before it [P, 2·chi]; null for χ1
     * @return logits [P, bins]
     */
    public Tensor one(Tape tape, Tensor s, int chi, Tensor residues, Tensor earlier) {
        Tensor read = norm.forward(tape, Ops.gatherRows(tape, s, residues));
        return chis.get(chi).forward(tape, earlier == null ? read : Ops.concatColumns(tape, read, earlier));
    }

    private Tensor joined(Tape tape, List<Tensor> logits) {
        return Ops.concatColumns(tape, logits.toArray(Tensor[]::new)).reshape(logits.getFirst().rows(), logits.size(), bins.count());
    }
}
