package org.bindrae.edge.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeInputs;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Features of every pair of residues of a sequence, O(N²) memory:
 *
 * <pre>
 * F of linear_s_p(s_i) | F of linear_s_p(s_j) | F of linear_relpos(index i − index j) | D of the CA distance | D of the distance of side-chain centres
 * </pre>
 *
 * A pair with a residue that is not present is all zeros. Where chains count on their own, a pair across chains has an index embedding of zeros.
 */
final class PairEmbedder implements EdgeEmbedder {
    private final EdgeConfig config;
    private final DistanceChannels channels;
    private final Linear single;
    private final Linear relativeIndex;
    private final PairMlp mlp;

    PairEmbedder(Parameters parameters, EdgeConfig config) {
        this.config = config;
        this.channels = DistanceChannels.of(config);
        this.single = new Linear(parameters.scope("linear_s_p"), config.cS(), config.featDim());
        this.relativeIndex = new Linear(parameters.scope("linear_relpos"), config.featDim(), config.featDim());
        this.mlp = new PairMlp(parameters, config);
    }

    @Override
    public EdgeFeatures.Full forward(Tape tape, EdgeInputs inputs) {
        Pairs pairs = Pairs.of(inputs.packing());
        Tensor first = tape.indices(pairs.first());
        Tensor second = tape.indices(pairs.second());
        Tensor residues = single.forward(tape, inputs.s());
        Tensor features = Ops.concatColumns(tape, Ops.gatherRows(tape, residues, first), Ops.gatherRows(tape, residues, second),
                relativeIndices(tape, inputs, pairs),
                distances(tape, inputs, pairs));
        Tensor z = mlp.forward(tape, features);
        return new EdgeFeatures.Full(allPresent(inputs) ? z : masked(tape, inputs, pairs, z));
    }

    /** The residues of each pair, in the order of {@link Packing#pairs()}. */
    private record Pairs(int[] first, int[] second) {
        static Pairs of(Packing packing) {
            int count = Math.toIntExact(packing.pairs());
            Pairs pairs = new Pairs(new int[count], new int[count]);
            int pair = 0;
            for (int sequence = 0; sequence < packing.count(); sequence++) {
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    for (int j = packing.start(sequence); j < packing.end(sequence); j++) {
                        pairs.first[pair] = i;
                        pairs.second[pair++] = j;
                    }
                }
            }
            return pairs;
        }

        int count() {
            return first.length;
        }
    }

    /** linear_relpos of each difference that occurs, once, and then of each pair [pairs, F]. */
    private Tensor relativeIndices(Tape tape, EdgeInputs inputs, Pairs pairs) {
        int[] indices = inputs.indices(config.chainIndex());
        Map<Integer, Integer> rowOfDifference = new HashMap<>();
        List<Integer> differences = new ArrayList<>();
        // row 0 is for pairs without a difference
        differences.add(0);
        int[] rows = new int[pairs.count()];
        for (int pair = 0; pair < rows.length; pair++) {
            int i = pairs.first[pair];
            int j = pairs.second[pair];
            if (!config.chainIndex() || inputs.chains()[i] == inputs.chains()[j]) {
                rows[pair] = rowOfDifference.computeIfAbsent(indices[i] - indices[j], difference -> {
                    differences.add(difference);
                    return differences.size() - 1;
                });
            }
        }
        DType dtype = inputs.s().dtype();
        IndexEmbedding embedding = new IndexEmbedding(config.featDim());
        Tensor embedded = ConstantRows.matrix(tape, dtype, differences.size(), config.featDim(), (row, memory, at) -> {
            if (row > 0) {
                double[] values = new double[config.featDim()];
                embedding.write(differences.get(row), values, 0);
                for (int c = 0; c < values.length; c++) {
                    dtype.set(memory, at + c, values[c]);
                }
            }
        });
        return Ops.gatherRows(tape, relativeIndex.forward(tape, embedded), tape.indices(rows));
    }

    /** [pairs, 2D] */
    private Tensor distances(Tape tape, EdgeInputs inputs, Pairs pairs) {
        DType dtype = inputs.s().dtype();
        int d = config.distanceChannels();
        return ConstantRows.matrix(tape, dtype, pairs.count(), 2 * d, (row, memory, at) -> {
            if (isPresent(inputs, pairs, row)) {
                channels.write(distance(inputs.positions(), pairs.first[row], pairs.second[row]), dtype, memory, at);
                channels.write(distance(inputs.sideChainCentres(), pairs.first[row], pairs.second[row]), dtype, memory, at + d);
            }
        });
    }

    private static double distance(double[] points, int i, int j) {
        double dx = points[3 * i] - points[3 * j];
        double dy = points[3 * i + 1] - points[3 * j + 1];
        double dz = points[3 * i + 2] - points[3 * j + 2];
        return Math.sqrt(dx * dx + dy * dy + dz * dz);
    }

    private static boolean allPresent(EdgeInputs inputs) {
        for (boolean present : inputs.present()) {
            if (!present) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPresent(EdgeInputs inputs, Pairs pairs, int pair) {
        return inputs.present()[pairs.first[pair]] && inputs.present()[pairs.second[pair]];
    }

    private static Tensor masked(Tape tape, EdgeInputs inputs, Pairs pairs, Tensor z) {
        double[] mask = new double[pairs.count()];
        for (int pair = 0; pair < mask.length; pair++) {
            mask[pair] = isPresent(inputs, pairs, pair) ? 1 : 0;
        }
        return Ops.multiply(tape, z, tape.arena().allocate(z.dtype(), Shape.of(mask.length)).set(mask), Broadcast.COLUMN);
    }
}
