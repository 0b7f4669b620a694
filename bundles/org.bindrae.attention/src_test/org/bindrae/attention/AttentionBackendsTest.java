package org.bindrae.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Forced means fail, automatic means fall back and say why. */
class AttentionBackendsTest {
    private static final IpaConfig FACTORS = new IpaConfig(8, 8, 4, 1, 1, 1, 2, 1);
    private static final IpaConfig FULL = new IpaConfig(8, 8, 4, 1, 1, 1, 0, 1);

    private final AttentionBackend picky = new Named("picky", true);
    private final AttentionBackend patient = new Named("patient", false);
    private final AttentionBackends both = AttentionBackends.of(picky, patient);

    /** A backend in name only. */
    private record Named(String name, boolean factorsOnly) implements AttentionBackend {
        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return factorsOnly && pair == PairTerm.Full.class ? Support.no("it takes factors") : Support.YES;
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            throw new UnsupportedOperationException();
        }
    }

    private static AttentionBackends.Choice choose(AttentionBackends backends, String name, IpaConfig config) {
        return backends.choose(name, config, null, DType.F32);
    }

    @Test
    void automaticTakesTheFirstThatIsAble() {
        AttentionBackends.Choice choice = choose(both, AttentionBackends.AUTO, FACTORS);
        assertEquals(picky, choice.backend());
        assertEquals("the highest-ranked backend", choice.reason());
    }

    @Test
    void automaticSaysWhyItPassedOneOver() {
        AttentionBackends.Choice choice = choose(both, AttentionBackends.AUTO, FULL);
        assertEquals(patient, choice.backend());
        assertEquals("not picky: it takes factors", choice.reason());
    }

    @Test
    void namedBackendIsTakenOrFails() {
        assertEquals(patient, choose(both, "patient", FACTORS).backend());
        String message = assertThrows(IllegalStateException.class, () -> choose(both, "picky", FULL)).getMessage();
        assertEquals("attention backend picky: it takes factors; choose another one or auto", message);
    }

    @Test
    void unknownNameListsTheInstalledOnes() {
        String message = assertThrows(IllegalArgumentException.class, () -> choose(both, "gpu", FACTORS)).getMessage();
        assertEquals("no attention backend is called 'gpu'; installed are picky, patient, or say auto", message);
    }

    @Test
    void nothingAbleIsAnErrorThatSaysWhy() {
        AttentionBackends onlyPicky = AttentionBackends.of(picky);
        assertEquals("no attention backend can run this model: picky: it takes factors",
                assertThrows(IllegalStateException.class, () -> choose(onlyPicky, AttentionBackends.AUTO, FULL)).getMessage());
        AttentionBackends none = AttentionBackends.of();
        assertEquals("no attention backend is installed",
                assertThrows(IllegalStateException.class, () -> choose(none, AttentionBackends.AUTO, FULL)).getMessage());
    }

    @Test
    void oneOutOfServiceIsPassedOverUntilItIsBack() {
        choose(both, AttentionBackends.AUTO, FACTORS).outOfService().add(picky, "threw a tantrum");
        AttentionBackends.Choice choice = choose(both, AttentionBackends.AUTO, FACTORS);
        assertEquals(patient, choice.backend());
        assertEquals("not picky: out of service because it threw a tantrum", choice.reason());
        assertEquals("attention backend picky: out of service because it threw a tantrum; choose another one or auto",
                assertThrows(IllegalStateException.class, () -> choose(both, "picky", FACTORS)).getMessage());
        both.outOfService().remove(picky);
        assertEquals(picky, choose(both, AttentionBackends.AUTO, FACTORS).backend());
    }

    @Test
    void theFirstFaultIsKept() {
        both.outOfService().add(picky, "threw a tantrum");
        both.outOfService().add(picky, "did something else later");
        assertEquals("threw a tantrum", both.outOfService().fault(picky).orElseThrow().reason());
    }

    @Test
    void oneWhoseCheckThrowsIsUnable() {
        AttentionBackend broken = new AttentionBackend() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
                throw new NoClassDefFoundError("org/example/Gone");
            }

            @Override
            public Tensor attend(Tape tape, AttentionInputs inputs) {
                throw new UnsupportedOperationException();
            }
        };
        AttentionBackends.Choice choice = choose(AttentionBackends.of(broken, patient), AttentionBackends.AUTO, FACTORS);
        assertEquals(patient, choice.backend());
        assertEquals("not broken: it does not say whether it can: its check threw java.lang.NoClassDefFoundError: org/example/Gone", choice.reason());
    }
}
