package org.bindrae.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;

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
    private final AttentionBackends both = new AttentionBackends(List.of(picky, patient));

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
        assertEquals(new AttentionBackends.Choice(picky, "the highest-ranked backend"), choose(both, AttentionBackends.AUTO, FACTORS));
    }

    @Test
    void automaticSaysWhyItPassedOneOver() {
        assertEquals(new AttentionBackends.Choice(patient, "not picky: it takes factors"), choose(both, AttentionBackends.AUTO, FULL));
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
        AttentionBackends onlyPicky = new AttentionBackends(List.of(picky));
        assertEquals("no attention backend can run this model: picky: it takes factors",
                assertThrows(IllegalStateException.class, () -> choose(onlyPicky, AttentionBackends.AUTO, FULL)).getMessage());
        AttentionBackends none = new AttentionBackends(List.of());
        assertEquals("no attention backend is installed",
                assertThrows(IllegalStateException.class, () -> choose(none, AttentionBackends.AUTO, FULL)).getMessage());
    }
}
