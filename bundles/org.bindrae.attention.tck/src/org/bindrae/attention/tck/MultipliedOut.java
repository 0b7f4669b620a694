package org.bindrae.attention.tck;

import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Gives another backend the full pair term that the factors multiply out to. */
record MultipliedOut(AttentionBackend backend) implements AttentionBackend {
    @Override
    public String name() {
        return backend.name() + " of a full pair term";
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        return backend.check(full(config), PairTerm.Full.class, device, dtype);
    }

    /** Such a layer with a full pair term. */
    static IpaConfig full(IpaConfig c) {
        return new IpaConfig(c.cS(), c.cZ(), c.cHidden(), c.heads(), c.qkPoints(), c.vPoints(), 0, c.biasScale());
    }

    @Override
    public Tensor attend(Tape tape, AttentionInputs given) {
        IpaConfig config = given.config();
        PairTerm.Factors factors = (PairTerm.Factors) given.pair();
        PairTerm full = new PairTerm.Full(products(tape, given.packing(), factors.b1(), factors.b2(), config.rank(), config.heads()),
                products(tape, given.packing(), factors.d1(), factors.d2(), config.rank(), config.cDown()));
        return backend.attend(tape, new AttentionInputs(full(config), given.packing(), given.q(), given.kv(), given.qPoints(), given.kvPoints(), given.rot(),
                given.trans(), given.headWeights(), full));
    }

    /** Σ over the rank of first[i]·second[j], [pairs, width]. */
    private static Tensor products(Tape tape, Packing packing, Tensor first, Tensor second, int rank, int width) {
        int[] queries = new int[Math.toIntExact(packing.pairs())];
        int[] keys = new int[queries.length];
        int at = 0;
        for (int s = 0; s < packing.count(); s++) {
            for (int i = packing.start(s); i < packing.end(s); i++) {
                for (int j = packing.start(s); j < packing.end(s); j++) {
                    queries[at] = i;
                    keys[at++] = j;
                }
            }
        }
        Tensor each = Ops.multiply(tape, Ops.gatherRows(tape, first, tape.indices(queries)), Ops.gatherRows(tape, second, tape.indices(keys)), Broadcast.NONE);
        return Ops.splitColumns(tape, each, IntStream.generate(() -> width).limit(rank).toArray()).stream().reduce((a, b) -> Ops.add(tape, a, b)).orElseThrow();
    }
}
