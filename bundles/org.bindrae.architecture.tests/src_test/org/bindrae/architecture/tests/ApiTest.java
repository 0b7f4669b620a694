package org.bindrae.architecture.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.architecture.tests.Api.Step;
import org.junit.jupiter.api.Test;

/** What a change of an API means to those who use it. */
class ApiTest {
    private static final List<String> RELEASED = List.of("package org.lab 1.2.0", "class org.lab.Tool final", "    int size()", "    new()",
            "interface org.lab.Given @ProviderType", "    abstract int size()", "interface org.lab.Made @ConsumerType", "    abstract int size()",
            "interface org.lab.Shape sealed @ProviderType", "    permits org.lab.Round");

    private static Step step(List<String> now) {
        return Api.parse(now).getFirst().since(Api.parse(RELEASED).getFirst()).step();
    }

    private static List<String> with(int at, String line) {
        List<String> lines = new ArrayList<>(RELEASED);
        lines.add(at, line);
        return lines;
    }

    private static List<String> without(int at) {
        List<String> lines = new ArrayList<>(RELEASED);
        lines.remove(at);
        return lines;
    }

    @Test
    void whatIsTheSameNeedsNoStep() {
        assertEquals(Step.NONE, step(RELEASED));
        assertEquals(RELEASED.size(), Api.parse(RELEASED).getFirst().lines().size());
        assertEquals(Api.parse(RELEASED), Api.parse(Api.parse(RELEASED).getFirst().lines()));
    }

    @Test
    void whatIsRemovedNeedsAMajorStep() {
        assertEquals(Step.MAJOR, step(without(2)), "a method");
        assertEquals(Step.MAJOR, step(without(3)), "a constructor");
        assertEquals(Step.MAJOR, step(RELEASED.subList(0, 8)), "a type");
    }

    @Test
    void whatIsAddedNeedsAMinorStepUnlessOthersMustFollow() {
        assertEquals(Step.MINOR, step(with(4, "    int width()")));
        assertEquals(Step.MINOR, step(with(6, "    abstract int width()")), "to what we implement");
        assertEquals(Step.MAJOR, step(with(8, "    abstract int width()")), "to what others implement");
        assertEquals(Step.MINOR, step(with(8, "    int width()")), "a default method");
        assertEquals(Step.MAJOR, step(with(10, "    permits org.lab.Square")), "a case that others may not know");
        assertEquals(Step.MINOR, step(with(10, "record org.lab.New")));
    }

    @Test
    void versionsAreStepped() {
        assertEquals("1.2.0", Api.stepped("1.2.0", Step.NONE));
        assertEquals("1.3.0", Api.stepped("1.2.7", Step.MINOR));
        assertEquals("2.0.0", Api.stepped("1.2.7", Step.MAJOR));
        assertTrue(Api.atLeast("1.10.0", "1.9.0") && Api.atLeast("2.0.0", "1.9.9") && Api.atLeast("1.2.0", "1.2.0"));
        assertFalse(Api.atLeast("1.2.0", "1.3.0"));
    }
}
