package org.bindrae.training.cuda.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.geometry.LocalPoints;
import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.stage1.ConditionerKernels.Attention;
import org.bindrae.stage1.ConditionerKernels.HiddenLayer;
import org.bindrae.stage1.ConditionerKernels.HiddenPairs;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Calls of {@link ConditionerKernels}. */
public final class ConditionerCases {
    private static final Packing RESIDUES = Packing.ofLengths(21, 3, 0, 9, 14);
    private static final Packing TOKENS = Packing.ofLengths(33, 0, 4, 1, 40);
    private static final double EPS = 1e-5;

    private ConditionerCases() {
    }

    public static List<OperationCase> all() {
        List<OperationCase> cases = new ArrayList<>();
        cases.add(saturated());
        for (int width : new int[] {1, 5, 64, 70, 260}) {
            // all pairs at once, and some from the middle
            cases.add(hidden(width, 0, LocalPoints.pairs(RESIDUES, TOKENS)));
            cases.add(hidden(width, 300, 501));
        }
        cases.add(attention(1, 1));
        cases.add(attention(3, 7));
        cases.add(attention(8, 64));
        cases.add(attention(10, 72));
        cases.add(pairSpace(1, 1, 1, 1));
        cases.add(pairSpace(200, 3, 7, 5));
        cases.add(pairSpace(150, 2, 70, 100));
        cases.add(pairSpace(300, 8, 48, 64));
        cases.add(modulation(1, 1));
        cases.add(modulation(130, 33));
        cases.add(modulation(130, 36));
        return cases;
    }

    private static OperationCase saturated() {
        int points = 300;
        return new OperationCase("saturated points", 80).normal("points", points, 3).normal("y", points, 3).normal("dy", points, 3).normal("dx", points, 3)
                .work((tape, o) -> {
                    ConditionerKernels kernels = ConditionerKernels.of(tape.device());
                    kernels.saturate(o.get("points"), 4, 1, o.get("y"));
                    kernels.saturateBackward(o.get("points"), 4, 1, o.get("dy"), o.get("dx"));
                });
    }

    private static OperationCase hidden(int width, int from, int rows) {
        int features = 4;
        int pairs = LocalPoints.pairs(RESIDUES, TOKENS);
        return withOffsets("inner layer of pairs", 90).normal("weight", width, 3 + features).normal("gamma", width).normal("beta", width)
                .normal("places", pairs, 3).normal("perToken", TOKENS.total(), width).normal("active", rows, width).scratch("dActive", rows, width)
                .normal("dPlaces", pairs, 3).normal("dPerToken", TOKENS.total(), width).normal("dWeight", width, 3 + features).normal("dGamma", width)
                .normal("dBeta", width).work((tape, o) -> {
                    HiddenLayer layer = new HiddenLayer(o.get("weight"), o.get("gamma"), o.get("beta"), EPS);
                    HiddenPairs hidden = ConditionerKernels.of(tape.device()).hidden(tape, layer, o.get("places"), o.get("perToken"), o.get("offsets"));
                    hidden.activate(from, o.get("active"));
                    hidden.backward(from, o.get("dActive"), o.get("dPlaces"), o.get("dPerToken"),
                            new HiddenLayer(o.get("dWeight"), o.get("dGamma"), o.get("dBeta"), EPS));
                });
    }

    private static OperationCase attention(int heads, int c) {
        int pairs = LocalPoints.pairs(RESIDUES, TOKENS);
        int residues = RESIDUES.total();
        double[] slopes = new double[heads];
        Arrays.setAll(slopes, head -> 0.5 / (head + 1));
        Attention attention = new Attention(0.3, slopes, 0.01);
        return withOffsets("attention to the ligand", 100 + c).normal("h", pairs, c).normal("local", pairs, 3).normal("u", residues, heads * (c + 1))
                .normal("weights", pairs, heads).normal("result", residues, heads * (c + 1)).normal("dResult", residues, heads * (c + 1))
                .scratch("dLogits", pairs, heads).normal("dH", pairs, c).normal("dLocal", pairs, 3).normal("dU", residues, heads * (c + 1))
                .work((tape, o) -> {
                    ConditionerKernels kernels = ConditionerKernels.of(tape.device());
                    kernels.attend(attention, o.get("h"), o.get("local"), o.get("u"), o.get("offsets"), o.get("weights"), o.get("result"));
                    kernels.attendBackward(attention, o.get("h"), o.get("local"), o.get("u"), o.get("offsets"), o.get("weights"), o.get("dResult"),
                            o.get("dLogits"), o.get("dH"), o.get("dLocal"), o.get("dU"));
                });
    }

    private static OperationCase pairSpace(int residues, int heads, int channels, int c) {
        int outer = heads * channels;
        int inner = heads * (c + 1);
        return new OperationCase("maps to pair space", 110 + c).normal("x", residues, outer).normal("y", residues, inner).normal("weight", outer, c)
                .normal("bias", outer).normal("to", residues, inner).normal("addedTo", residues, inner).normal("from", residues, outer)
                .normal("addedFrom", residues, outer).normal("dWeight", outer, c).normal("dBias", outer).work((tape, o) -> {
                    ConditionerKernels kernels = ConditionerKernels.of(tape.device());
                    kernels.toPairSpace(heads, o.get("x"), o.get("weight"), o.get("bias"), false, o.get("to"));
                    kernels.toPairSpace(heads, o.get("x"), o.get("weight"), o.get("bias"), true, o.get("addedTo"));
                    kernels.fromPairSpace(heads, o.get("y"), o.get("weight"), o.get("bias"), false, o.get("from"));
                    kernels.fromPairSpace(heads, o.get("y"), o.get("weight"), o.get("bias"), true, o.get("addedFrom"));
                    kernels.pairSpaceGradient(heads, o.get("x"), o.get("y"), o.get("dWeight"), o.get("dBias"));
                });
    }

    private static OperationCase modulation(int rows, int width) {
        return new OperationCase("modulation", 120 + width).normal("s", rows, width).normal("gamma", rows, width).normal("beta", rows, width)
                .normal("weights", rows).normal("scale", 1).normal("dy", rows, width).normal("y", rows, width).normal("dS", rows, width)
                .normal("dGamma", rows, width).normal("dBeta", rows, width).normal("dScale", 1).work((tape, o) -> {
                    Tape recording = Tape.recording(tape.arena());
                    List<Tensor> variables = Stream.of("s", "gamma", "beta", "scale").map(name -> recording.variable(o.get(name))).toList();
                    Tensor y = ConditionerKernels.of(tape.device()).modulate(recording, variables.get(0), variables.get(1), variables.get(2), o.get("weights"),
                            variables.get(3));
                    recording.backward(Ops.weightedSum(recording, y, o.get("dy")));
                    tape.kernels().copy(y, o.get("y"));
                    List<Tensor> results = Stream.of("dS", "dGamma", "dBeta", "dScale").map(o::get).toList();
                    for (int i = 0; i < results.size(); i++) {
                        tape.kernels().copy(recording.gradient(variables.get(i)), results.get(i));
                    }
                });
    }

    private static OperationCase withOffsets(String name, long seed) {
        return new OperationCase(name, seed).integers("offsets", LocalPoints.offsets(RESIDUES, TOKENS), 3, RESIDUES.count() + 1);
    }
}
