package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What this installation can do: {@code doctor} and {@code backends}. */
class DoctorCommandTest {
    @AutoClose
    private final TestShell shell = new TestShell();

    @Test
    void theDoctorNamesDeviceBackendsAndParts() {
        String out = shell.run("doctor");
        assertTrue(out.lines().anyMatch(line -> line.contains("device cpu") && line.contains("2 threads")), out);
        for (String subject : List.of("java", "vector API", "memory", "processor", "devices", "attention flash-cpu", "attention reference", "edge modes",
                "embeddings")) {
            assertTrue(out.lines().anyMatch(line -> line.contains(subject)), subject + "\n" + out);
        }
        assertTrue(out.contains("flash_1d_bias") && out.contains("precomputed, sequence"), out);
        assertFalse(out.contains("failed "), out);
    }

    /** Attention for a device that this machine does not have. */
    private record Elsewhere() implements AttentionBackend {
        @Override
        public String name() {
            return "elsewhere";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return Support.no("it runs on cards only");
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void aBackendForAnotherMachineIsNothingToMend() {
        try (TestShell cardless = new TestShell(new Elsewhere(), new ReferenceBackend())) {
            String out = cardless.run("doctor");
            assertTrue(out.lines().anyMatch(line -> line.matches("note +attention elsewhere +it runs on cards only\\s*")), out);
            assertFalse(out.lines().anyMatch(line -> line.startsWith("warning") && line.contains("attention")), out);
        }
    }

    @Test
    void withoutAnyBackendTheDoctorFailsAndSaysTheRemedy() {
        try (TestShell bare = new TestShell(new AttentionBackend[0])) {
            String message = bare.fails("doctor");
            assertTrue(message.startsWith("1 thing"), message);
            assertTrue(bare.out().contains("install and start the bundle org.bindrae.attention.cpu"), bare.out());
            assertTrue(bare.fails("backends").contains("no attention backend"), bare.out());
        }
    }

    @Test
    void backendsAreListedBestFirstWithTheChoice() {
        String out = shell.run("backends");
        assertTrue(out.indexOf("flash-cpu") < out.indexOf("reference"), out);
        assertTrue(out.contains("attention.backend \"auto\" takes flash-cpu: the highest-ranked backend"), out);
        assertTrue(shell.run("backends", "--set", "attention.backend=reference").contains("takes reference: asked for"));
        assertTrue(shell.fails("backends", "--set", "attention.backend=flash-gpu").contains("installed are flash-cpu, reference"));
        assertTrue(shell.fails("backends", "--set", "model.edge.mode=flash_9d").contains("flash_9d"));
    }

    @Test
    void aBackendThatCannotRunAModelSaysWhy() {
        String out = shell.run("backends", "--set", "model.edge.mode=orig_2d_bias");
        assertTrue(out.lines().anyMatch(line -> line.startsWith("flash-cpu") && line.contains(" no ")), out);
        assertTrue(out.contains("takes reference: not flash-cpu"), out);
        assertTrue(shell.fails("backends", "--set", "model.edge.mode=orig_2d_bias", "--set", "attention.backend=flash-cpu").contains("flash-cpu"));
        try (TestShell slow = new TestShell(new ReferenceBackend())) {
            assertTrue(slow.run("backends").contains("takes reference"));
        }
    }

    @Test
    void aCheckBringsABackendBackOrTakesItOut() {
        AttentionBackend moody = new FlashCpuBackend();
        try (TestShell two = new TestShell(moody, new ReferenceBackend(), new Wrong())) {
            two.backends().outOfService().add(moody, "threw something once");
            String out = two.run("backends");
            assertTrue(out.lines().anyMatch(line -> line.matches("flash-cpu .* yes +no .*it threw something once at \\d\\d:\\d\\d:\\d\\d *")), out);
            assertTrue(out.contains("takes reference: not flash-cpu: out of service because it threw something once"), out);
            assertTrue(two.run("backend", "check", "flash-cpu").contains("flash-cpu passes on cpu and is in service"));
            assertTrue(two.run("backends").contains("takes flash-cpu: the highest-ranked backend"));
            assertTrue(two.fails("backend", "check", "wrong").startsWith("wrong is out of service because it is wrong: with factors by "));
            assertTrue(two.fails("backends", "--set", "attention.backend=wrong").contains("wrong: out of service because it is wrong"));
            assertTrue(two.fails("backend", "check", "flash-gpu").contains("installed are flash-cpu, reference, wrong"));
        }
    }

    /** Computes nothing. */
    private static final class Wrong implements AttentionBackend {
        @Override
        public String name() {
            return "wrong";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return Support.YES;
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor result = new ReferenceBackend().attend(tape, inputs);
            return result.set(new double[(int) result.size()]);
        }
    }
}
