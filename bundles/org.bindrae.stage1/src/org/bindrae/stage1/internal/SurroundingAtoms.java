package org.bindrae.stage1.internal;

import org.bindrae.data.Batch;
import org.bindrae.data.ElementClass;
import org.bindrae.edge.AtomGeometry;
import org.bindrae.edge.EdgeKernels;
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
    private static final int ELEMENTS = ElementClass.values().length;
    /** Elements of the surroundings, then of the ligand. */
    private static final AtomGeometry GEOMETRY = new AtomGeometry(2 * ELEMENTS);
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
        this.atoms = new Mlp(parameters.scope("atoms"), GEOMETRY.width(), width, width, 0, Initializer.truncatedNormal(1, width));
        this.norm = new LayerNorm(parameters.scope("norm"), config.cS());
        this.residue = new Linear(parameters.scope("residue"), config.cS(), width, Initializer.truncatedNormal(1, config.cS()), false);
        this.score = new Linear(parameters.scope("score"), width, 1, Initializer.truncatedNormal(1, width), false);
        this.out = new Linear(parameters.scope("out"), 2 * width, config.cS(), Initializer.ZEROS, true);
    }

    /**
     * The atoms where the network runs.
     *
     * @param rows which of the R each residue is, I32 [T]
     * @param residues which residue each of the R is, I32 [R]
     * @param rowOfAtom I32 [R·m]
     * @param features of the atoms [R·m, width]
     * @param shares of each atom in a mean over m [R, m]
     * @param absent what is added to scores [R, m]
     */
    public record View(Tensor rows, Tensor residues, Tensor rowOfAtom, Tensor features, Tensor shares, Tensor absent) {
    }

    /** What residues see; null where no residue sees an atom. */
    public View look(Tape tape, DType type, ModelInput input, LocalEdges.Backbone backbone) {
        NearAtoms near = NearAtoms.of(input, count);
        int rows = near.residues().length;
        if (rows == 0) {
            return null;
        }
        Batch.Hetero hetero = input.local().hetero();
        float[] shares = new float[rows * count];
        float[] absent = new float[rows * count];
        int[] rowOfAtom = new int[rows * count];
        for (int a = 0; a < shares.length; a++) {
            rowOfAtom[a] = a / count;
            shares[a] = near.atoms()[a] < 0 ? 0 : 1f / count;
            absent[a] = near.atoms()[a] < 0 ? ABSENT : 0;
        }
        int[] classes = new int[hetero.elements().length];
        for (int atom = 0; atom < classes.length; atom++) {
            classes[atom] = hetero.elements()[atom] + (hetero.ofLigand()[atom] ? ELEMENTS : 0);
        }
        Tensor residues = tape.indices(near.residues());
        Tensor features = tape.scratch(type, Shape.of(rows * count, GEOMETRY.width()));
        EdgeKernels.of(tape.device()).atomGeometry(GEOMETRY, backbone.atoms(), backbone.rotations(), residues,
                tape.indices(near.atoms()).reshape(rows, count), tape.scratch(DType.F64, Shape.of(classes.length, 3)).set(hetero.positions()),
                tape.indices(classes), features);
        return new View(tape.indices(near.rows()), residues, tape.indices(rowOfAtom), features, tape.constant(type, Shape.of(rows, count), shares),
                tape.constant(type, Shape.of(rows, count), absent));
    }

    /** Residues that know the atoms around them [T, cS]. */
    public Tensor forward(Tape tape, Tensor s, View view) {
        if (view == null) {
            return s;
        }
        int rows = view.shares.rows();
        Tensor own = residue.forward(tape, norm.forward(tape, Ops.gatherRows(tape, s, view.residues)));
        Tensor h = Ops.unary(tape, Unary.GELU, Ops.add(tape, atoms.forward(tape, view.features), Ops.gatherRows(tape, own, view.rowOfAtom)));
        Tensor scores = Ops.add(tape, score.forward(tape, h).reshape(rows, count), view.absent);
        Tensor pooled = Ops.concatColumns(tape, Ops.sumGroups(tape, h, count, view.shares), Ops.sumGroups(tape, h, count, Ops.softmax(tape, scores)));
        return Ops.add(tape, s, Ops.gatherRows(tape, out.forward(tape, pooled), view.rows));
    }
}
