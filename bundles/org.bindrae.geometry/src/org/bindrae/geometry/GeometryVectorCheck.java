package org.bindrae.geometry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorFile;
import org.bindrae.tensor.io.VectorRow;

/**
 * Compares the geometry of one structure with what OpenFold computed: atom14 layout and its alternatives, torsions, backbone frames, forward kinematics, FAPE,
 * and gradients of the last two. Whatever results a file has are compared. OpenFold adds 1e-8 where it normalises, hence the tolerances; what is 0 has to be
 * equal.
 */
public final class GeometryVectorCheck {
    /** Metadata {@code kind} of such files. */
    public static final String KIND = "geometry";
    private static final double FRAME_TOLERANCE = 1e-7;
    private static final double ATOM_TOLERANCE = 1e-6;
    private static final double FAPE_TOLERANCE = 1e-9;
    /** Relative, for gradients. */
    private static final double GRADIENT_TOLERANCE = 1e-8;
    private static final double SINGLE_PRECISION = 1e-5;
    private static final Fape UNCLAMPED = new Fape(Double.POSITIVE_INFINITY, Fape.DEFAULT.scale(), Fape.DEFAULT.eps());
    private static final Set<String> KNOWN = Set.of("in.aatype", "in.atom37_mask", "in.atom37_positions", "in.fape_pred_atom14", "in.fape_pred_rot",
            "in.fape_pred_trans", "in.fk_random_torsions", "in.fk_torsions", "out.alt_torsion_angles_sin_cos", "out.atom14_alt_gt_positions",
            "out.atom14_atom_exists", "out.atom14_atom_is_ambiguous", "out.atom14_gt_exists", "out.atom14_gt_positions", "out.backbone_mask",
            "out.backbone_rot", "out.backbone_trans", "out.fape_clamp10_scale10", "out.fape_unclamped_scale10", "out.fk_atom14", "out.fk_random_atom14",
            "out.torsion_angles_mask", "out.torsion_angles_sin_cos", "grad.in.fape_pred_atom14", "grad.in.fape_pred_rot", "grad.in.fape_pred_trans",
            "grad.in.fk_random_rot", "grad.in.fk_random_torsions", "grad.in.fk_random_trans", "grad.out.fk_random_atom14");

    private final VectorFile vectors;
    private final int residues;
    private final int[] types;
    private final double[] atom14;
    private final boolean[] present;
    private final boolean[] exists;

    /** @throws IOException if the file is not of this kind, lacks an input, or has an entry that is unexpected; the message names it */
    public GeometryVectorCheck(SafetensorsFile file) throws IOException {
        this.vectors = new VectorFile(file, KIND);
        vectors.choice("units", "angstrom");
        vectors.choice("restypes", ResidueConstants.LETTERS);
        vectors.requireOnly(KNOWN);
        this.residues = Math.toIntExact(vectors.shape("in.aatype").size());
        this.types = vectors.ints("in.aatype", residues);
        for (int type : types) {
            if (type < 0 || type > ResidueConstants.UNKNOWN) {
                throw vectors.problem("entry \"in.aatype\" holds " + type + ", which is no residue type");
            }
        }
        this.exists = new boolean[residues * ResidueConstants.SLOTS];
        for (int i = 0; i < exists.length; i++) {
            exists[i] = ResidueConstants.exists(types[i / ResidueConstants.SLOTS], i % ResidueConstants.SLOTS);
        }
        this.present = AtomLayout.toAtom14(types, vectors.mask("in.atom37_mask", residues, ResidueConstants.ATOM_NAMES));
        this.atom14 = AtomLayout.toAtom14(types, vectors.doubles("in.atom37_positions", residues, ResidueConstants.ATOM_NAMES, 3), 3);
        for (int i = 0; i < atom14.length; i++) {
            atom14[i] = present[i / 3] ? atom14[i] : 0;
        }
    }

    /**
     * Computes what the file has results of.
     *
     * @param device a host device, for kinematics and FAPE
     * @param precision of kinematics and FAPE
     * @return one row for each result and gradient of the file
     * @throws IOException if an input is missing or an entry has the wrong shape; the message names it
     */
    public List<VectorRow> check(Device device, DType precision) throws IOException {
        List<VectorRow> rows = new ArrayList<>();
        checkAtoms(rows);
        checkTorsions(rows);
        checkFrames(rows);
        try (TensorArena arena = device.arena()) {
            checkKinematics(rows, arena, precision, "in.fk_torsions", "out.fk_atom14");
            checkKinematics(rows, arena, precision, "in.fk_random_torsions", "out.fk_random_atom14");
            checkFape(rows, arena, precision, Fape.DEFAULT, "out.fape_clamp10_scale10");
            checkFape(rows, arena, precision, UNCLAMPED, "out.fape_unclamped_scale10");
        }
        return rows;
    }

    /** Which known atoms have a place in the atom14 layout; an unknown type has none. */
    private boolean[] placed() {
        boolean[] placed = new boolean[present.length];
        for (int i = 0; i < placed.length; i++) {
            placed[i] = present[i] && exists[i];
        }
        return placed;
    }

    private void checkAtoms(List<VectorRow> rows) throws IOException {
        boolean[] placed = placed();
        boolean[] ambiguous = new boolean[exists.length];
        for (int i = 0; i < ambiguous.length; i++) {
            ambiguous[i] = Atom14Alternatives.symmetric(types, i) != i;
        }
        compareMask(rows, "out.atom14_atom_exists", exists, residues, ResidueConstants.SLOTS);
        compareMask(rows, "out.atom14_atom_is_ambiguous", ambiguous, residues, ResidueConstants.SLOTS);
        compareMask(rows, "out.atom14_gt_exists", placed, residues, ResidueConstants.SLOTS);
        compareWhere(rows, "out.atom14_gt_positions", atom14, placed, 0, residues, ResidueConstants.SLOTS, 3);
        double[] alternatives = Atom14Alternatives.of(types, atom14, placed).positions();
        compareWhere(rows, "out.atom14_alt_gt_positions", alternatives, null, 0, residues, ResidueConstants.SLOTS, 3);
    }

    private void checkTorsions(List<VectorRow> rows) throws IOException {
        Torsions torsions = Torsions.of(types, atom14, present, new boolean[residues]);
        compareMask(rows, "out.torsion_angles_mask", torsions.mask(), residues, ResidueConstants.TORSIONS);
        compareWhere(rows, "out.torsion_angles_sin_cos", torsions.sinCos(), torsions.mask(), FRAME_TOLERANCE, residues, ResidueConstants.TORSIONS, 2);
        compareWhere(rows, "out.alt_torsion_angles_sin_cos", torsions.alternative(), torsions.mask(), FRAME_TOLERANCE, residues, ResidueConstants.TORSIONS, 2);
    }

    private void checkFrames(List<VectorRow> rows) throws IOException {
        BackboneFrames frames = BackboneFrames.of(atom14, present);
        compareMask(rows, "out.backbone_mask", frames.mask(), residues);
        compareWhere(rows, "out.backbone_rot", frames.rotations(), frames.mask(), FRAME_TOLERANCE, residues, 3, 3);
        compareWhere(rows, "out.backbone_trans", frames.translations(), frames.mask(), FRAME_TOLERANCE, residues, 3);
    }

    private void compareMask(List<VectorRow> rows, String name, boolean[] ours, int... dims) throws IOException {
        if (vectors.contains(name)) {
            rows.add(VectorRow.equal(name, ours, vectors.mask(name, dims)));
        }
    }

    /** @param mask what is compared, one entry for several values in a row; null for all */
    private void compareWhere(List<VectorRow> rows, String name, double[] ours, boolean[] mask, double tolerance, int... dims) throws IOException {
        if (vectors.contains(name)) {
            double[] theirs = vectors.doubles(name, dims);
            for (int i = 0; mask != null && i < theirs.length; i++) {
                theirs[i] = mask[i / (theirs.length / mask.length)] ? theirs[i] : ours[i];
            }
            rows.add(VectorRow.absolute(name, ours, theirs, tolerance));
        }
    }

    private void checkKinematics(List<VectorRow> rows, TensorArena arena, DType precision, String torsionName, String result) throws IOException {
        if (!vectors.contains(result)) {
            return;
        }
        Tape tape = Tape.recording(arena);
        Tensor rot = variable(tape, precision, "out.backbone_rot", residues, 3, 3);
        Tensor trans = variable(tape, precision, "out.backbone_trans", residues, 3);
        Tensor torsions = variable(tape, precision, torsionName, residues, ResidueConstants.TORSIONS, 2);
        Tensor atoms = ForwardKinematics.atoms(tape, new Frames(rot, trans), torsions, types);
        compareTensor(rows, result, atoms, precision, ATOM_TOLERANCE, residues, ResidueConstants.SLOTS, 3);
        String upstream = VectorFile.GRADIENT + result;
        String prefix = torsionName.substring(0, torsionName.lastIndexOf('_'));
        Map<String, Tensor> inputs = Map.of(prefix + "_rot", rot, prefix + "_trans", trans, prefix + "_torsions", torsions);
        Map<String, double[]> gradients = gradients(inputs);
        if (!gradients.isEmpty()) {
            double[] weights = vectors.doubles(upstream, residues, ResidueConstants.SLOTS, 3);
            Tensor loss = tape.output(precision, Shape.of(1), atoms);
            tape.record(() -> tape.gradient(atoms).set(weights));
            compareGradients(rows, tape, loss, inputs, gradients, precision);
        }
    }

    private void checkFape(List<VectorRow> rows, TensorArena arena, DType precision, Fape fape, String result) throws IOException {
        if (!vectors.contains(result)) {
            return;
        }
        Tape tape = Tape.recording(arena);
        Tensor rot = variable(tape, precision, "in.fape_pred_rot", residues, 3, 3);
        Tensor trans = variable(tape, precision, "in.fape_pred_trans", residues, 3);
        Tensor atoms = variable(tape, precision, "in.fape_pred_atom14", residues, ResidueConstants.SLOTS, 3);
        BackboneFrames frames = new BackboneFrames(vectors.doubles("out.backbone_rot", residues, 3, 3), vectors.doubles("out.backbone_trans", residues, 3),
                vectors.mask("out.backbone_mask", residues));
        Fape.Target truth = new Fape.Target(frames, atom14, placed());
        Tensor loss = fape.loss(tape, new Frames(rot, trans), atoms, truth, Packing.ofLengths(residues));
        compareTensor(rows, result, loss, precision, FAPE_TOLERANCE, 1);
        if (fape == Fape.DEFAULT) {
            Map<String, Tensor> inputs = Map.of("in.fape_pred_rot", rot, "in.fape_pred_trans", trans, "in.fape_pred_atom14", atoms);
            compareGradients(rows, tape, loss, inputs, gradients(inputs), precision);
        }
    }

    private Tensor variable(Tape tape, DType precision, String name, int... dims) throws IOException {
        return tape.variable(tape.arena().allocate(precision, Shape.of(dims)).set(vectors.doubles(name, dims)));
    }

    private Map<String, double[]> gradients(Map<String, Tensor> inputs) throws IOException {
        Map<String, Shape> shapes = new TreeMap<>();
        inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return vectors.gradients(shapes);
    }

    private void compareTensor(List<VectorRow> rows, String name, Tensor ours, DType precision, double tolerance, int... dims) throws IOException {
        double[] theirs = vectors.doubles(name, dims);
        if (precision == DType.F64) {
            rows.add(VectorRow.absolute(name, ours.toDoubles(), theirs, tolerance));
        } else {
            rows.addAll(VectorRow.relative(Map.of(name, ours.toDoubles()), Map.of(name, theirs), Precision.FP32, SINGLE_PRECISION));
        }
    }

    private void compareGradients(List<VectorRow> rows, Tape tape, Tensor loss, Map<String, Tensor> inputs, Map<String, double[]> theirs, DType precision) {
        if (theirs.isEmpty()) {
            return;
        }
        tape.backward(loss);
        Map<String, double[]> ours = new HashMap<>();
        inputs.forEach((name, tensor) -> ours.put(VectorFile.GRADIENT + name, tape.gradient(tensor).toDoubles()));
        rows.addAll(precision == DType.F64 ? VectorRow.relative(ours, theirs, Precision.FP64, GRADIENT_TOLERANCE)
                : VectorRow.relative(ours, theirs, Precision.FP32, 2 * SINGLE_PRECISION));
    }
}
