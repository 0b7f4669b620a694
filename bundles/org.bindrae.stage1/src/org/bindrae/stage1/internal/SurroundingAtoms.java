package org.bindrae.stage1.internal;

import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Mlp;
import org.bindrae.tensor.nn.Parameters;

/**
 * What residues learn of the {@link NearAtoms} of ligand and surroundings, which are pooled by a mean and by attention:
 *
 * <pre>
 * h_ia = gelu(atoms(features_ia) + residue(norm(s_i)))
 * s_i += out(Σ_a h_ia / m, Σ_a softmax_a(score(h_ia)) h_ia)
 * </pre>
 */
public final class SurroundingAtoms {
    /** Score of an atom that is not there. */
    private static final float ABSENT = -1e9f;

    private final int count;
    private final Mlp atoms;
    private final LayerNorm norm;
    private final Linear residue;
    private final Linear score;
    private final Linear out;

    /** With parameters {@code atoms}, {@code norm}, {@code residue}, {@code score} and {@code out}, which begins with zeros. */
    public SurroundingAtoms(Parameters parameters, Stage1Config config) {
        int width = config.local().width();
        this.count = config.local().atoms();
        this.atoms = new Mlp(parameters.scope("atoms"), NearAtoms.WIDTH, width, width, 0, Initializer.truncatedNormal(1, width));
        this.norm = new LayerNorm(parameters.scope("norm"), config.cS());
        this.residue = new Linear(parameters.scope("residue"), config.cS(), width, Initializer.truncatedNormal(1, config.cS()), false);
        this.score = new Linear(parameters.scope("score"), width, 1, Initializer.truncatedNormal(1, width), false);
        this.out = new Linear(parameters.scope("out"), 2 * width, config.cS(), Initializer.ZEROS, true);
    }

    /**
     * The atoms where the network runs.
     *
     * @param rowOf I32 [T]
     * @param residueOf the residue that each row is, I32 [R]
     * @param rowOfAtom the row that each atom belongs to, I32 [R·m]
     * @param features [R·m, width]
     * @param shares of each atom in a mean over m [R, m]
     * @param absent what is added to scores [R, m]
     */
    public record View(Tensor rowOf, Tensor residueOf, Tensor rowOfAtom, Tensor features, Tensor shares, Tensor absent) {
    }

    /** Copies what residues see to the device; null where no residue sees an atom. */
    public View look(Tape tape, DType type, ModelInput input) {
        NearAtoms near = NearAtoms.of(input, count);
        int rows = near.present().length / count;
        if (rows == 0) {
            return null;
        }
        int[] residueOf = new int[rows];
        for (int i = 0; i < near.rowOf().length; i++) {
            if (near.rowOf()[i] >= 0) {
                residueOf[near.rowOf()[i]] = i;
            }
        }
        float[] shares = new float[rows * count];
        float[] absent = new float[rows * count];
        int[] rowOfAtom = new int[rows * count];
        for (int a = 0; a < shares.length; a++) {
            shares[a] = near.present()[a] / count;
            rowOfAtom[a] = a / count;
            absent[a] = (1 - near.present()[a]) * ABSENT;
        }
        return new View(tape.indices(near.rowOf()), tape.indices(residueOf), tape.indices(rowOfAtom),
                tape.constant(type, Shape.of(rows * count, NearAtoms.WIDTH), near.features()), tape.constant(type, Shape.of(rows, count), shares),
                tape.constant(type, Shape.of(rows, count), absent));
    }

    /** Residues that know the atoms around them [T, cS]. */
    public Tensor forward(Tape tape, Tensor s, View view) {
        if (view == null) {
            return s;
        }
        int rows = view.shares.rows();
        Tensor own = residue.forward(tape, norm.forward(tape, Ops.gatherRows(tape, s, view.residueOf)));
        Tensor h = Ops.unary(tape, Unary.GELU, Ops.add(tape, atoms.forward(tape, view.features), Ops.gatherRows(tape, own, view.rowOfAtom)));
        Tensor scores = Ops.add(tape, score.forward(tape, h).reshape(rows, count), view.absent);
        Tensor pooled = Ops.concatColumns(tape, Ops.sumGroups(tape, h, count, view.shares), Ops.sumGroups(tape, h, count, Ops.softmax(tape, scores)));
        return Ops.add(tape, s, Ops.gatherRows(tape, out.forward(tape, pooled), view.rowOf));
    }
}
