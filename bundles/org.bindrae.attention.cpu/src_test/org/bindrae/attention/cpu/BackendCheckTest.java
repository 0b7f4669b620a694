package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.BackendCheck;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.OutOfService;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A backend that passes its self-test is in service, one that does not is out of service. */
@Timeout(60)
class BackendCheckTest {
    private static final IpaConfig SIZES = new IpaConfig(16, 8, 4, 2, 2, 3, 2, 1);

    private final CpuDevice host = new CpuDevice(2, true);
    private final OutOfService outOfService = new OutOfService();

    /** The right result, and what a fault makes of it. */
    private record Faulty(UnaryOperator<Tensor> fault) implements AttentionBackend {
        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return pair == PairTerm.Factors.class ? Support.YES : Support.no("it takes factors");
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            return fault.apply(new FlashCpuBackend().attend(tape, inputs));
        }
    }

    private BackendCheck.Result check(AttentionBackend backend, Duration limit) throws InterruptedException {
        return new BackendCheck(backend, host, DType.F32, new AttentionReference(new ReferenceBackend(), host), limit).run(SIZES, outOfService);
    }

    private String fault(UnaryOperator<Tensor> fault) throws InterruptedException {
        AttentionBackend backend = new Faulty(fault);
        String reason = check(backend, Duration.ofSeconds(30)).fault().orElseThrow().reason();
        assertEquals(reason, outOfService.fault(backend).orElseThrow().reason());
        return reason;
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void aGoodOneComesBackIntoService() throws InterruptedException {
        for (AttentionBackend good : new AttentionBackend[] {new FlashCpuBackend(), new ReferenceBackend(), new Faulty(result -> result)}) {
            outOfService.add(good, "threw something once");
            BackendCheck.Result result = check(good, Duration.ofSeconds(30));
            assertEquals(Optional.empty(), result.fault());
            assertEquals(good instanceof Faulty ? 2 : 4, result.rows().size());
            assertEquals(Optional.empty(), outOfService.fault(good));
        }
    }

    @Test
    void aBadOneIsTakenOutOfService() throws InterruptedException {
        assertTrue(fault(result -> result.set(new double[(int) result.size()])).startsWith("is wrong: with factors by 1.0, more than "));
        assertTrue(fault(result -> {
            double[] values = result.toDoubles();
            values[5] = Double.NaN;
            return result.set(values);
        }).startsWith("is wrong: with factors by NaN, more than "));
        assertEquals("threw java.lang.AssertionError: no such thing", fault(_ -> {
            throw new AssertionError("no such\n thing");
        }));
    }

    @Test
    void oneThatHangsIsLeftBehind() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        AttentionBackend hanging = new Faulty(result -> {
            boolean waiting = true;
            while (waiting) {
                try {
                    end.await();
                    waiting = false;
                } catch (InterruptedException e) {
                    // like one that hangs
                }
            }
            return result;
        });
        assertEquals("did not return from a small attention within 100 ms", check(hanging, Duration.ofMillis(100)).fault().orElseThrow().reason());
        end.countDown();
        assertEquals(Optional.empty(), check(hanging, Duration.ofSeconds(30)).fault());
    }

    @Test
    void oneThatTakesFullPairTermsOnlyCannotBeChecked() {
        AttentionBackend full = new AttentionBackend() {
            @Override
            public String name() {
                return "full";
            }

            @Override
            public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
                return pair == PairTerm.Full.class ? Support.YES : Support.no("it takes full pair terms");
            }

            @Override
            public Tensor attend(Tape tape, AttentionInputs inputs) {
                throw new UnsupportedOperationException();
            }
        };
        assertEquals("full cannot be checked: it takes full pair terms",
                assertThrows(IllegalStateException.class, () -> check(full, Duration.ofSeconds(30))).getMessage());
    }
}
