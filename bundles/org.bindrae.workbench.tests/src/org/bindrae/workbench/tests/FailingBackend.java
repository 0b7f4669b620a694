package org.bindrae.workbench.tests;

import java.util.concurrent.CountDownLatch;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Computes what another backend does, and spoils it in the third call. */
final class FailingBackend implements AttentionBackend {
    private static final int SOUND_CALLS = 2;

    private final AttentionBackend sound;
    private final Way way;
    private final CountDownLatch hangEnds;
    private int calls;

    /** How a backend fails. */
    enum Way {
        NOT_AT_ALL, THROWS, THROWS_BACKWARD, GIVES_NAN, GIVES_NAN_BACKWARD, GIVES_NOTHING, HANGS
    }

    /** @param hangEnds what a call waits for that hangs */
    FailingBackend(AttentionBackend sound, Way way, CountDownLatch hangEnds) {
        this.sound = sound;
        this.way = way;
        this.hangEnds = hangEnds;
    }

    @Override
    public String name() {
        return "sample-" + way;
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        return sound.check(config, pair, device, dtype);
    }

    @Override
    public Tensor attend(Tape tape, AttentionInputs inputs) {
        Tensor right = sound.attend(tape, inputs);
        return ++calls > SOUND_CALLS ? spoilt(tape, inputs, right) : right;
    }

    private Tensor spoilt(Tape tape, AttentionInputs inputs, Tensor right) {
        switch (way) {
            case NOT_AT_ALL -> {
                return right;
            }
            case THROWS -> throw new IllegalStateException("spoilt");
            case THROWS_BACKWARD -> tape.record(() -> {
                throw new IllegalArgumentException("spoilt");
            });
            case GIVES_NAN -> spoil(right);
            case GIVES_NAN_BACKWARD -> tape.record(() -> spoil(tape.gradient(inputs.q())));
            case GIVES_NOTHING -> {
                return null;
            }
            case HANGS -> hang();
        }
        return right;
    }

    private static void spoil(Tensor tensor) {
        double[] values = tensor.toDoubles();
        values[0] = Double.NaN;
        tensor.set(values);
    }

    private void hang() {
        boolean waiting = true;
        while (waiting) {
            try {
                hangEnds.await();
                waiting = false;
            } catch (InterruptedException e) {
                // like one that hangs
            }
        }
    }
}
