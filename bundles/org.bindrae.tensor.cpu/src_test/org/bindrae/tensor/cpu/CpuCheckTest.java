package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.junit.jupiter.api.Test;

/** What {@code doctor} says of the processor. */
class CpuCheckTest {
    private static final List<String> XEON = List.of("processor\t: 0", "model name\t: Intel(R) Xeon(R)", "flags\t\t: fpu sse2 avx512f avx2 fma avx avx512_bf16",
            "",
            "processor\t: 1", "model name\t: other");

    @Test
    void theSystemsDescriptionIsRead() {
        Processor xeon = Processor.of(XEON);
        assertEquals(new Processor("Intel(R) Xeon(R)", List.of("avx", "avx2", "avx512_bf16", "avx512f", "fma")), xeon);
        assertEquals(16, xeon.lanes());
        assertEquals(4, Processor.of(List.of("Features\t: fp asimd evtstrm")).lanes());
        assertEquals(new Processor(System.getProperty("os.arch"), List.of()), Processor.of(List.of()));
    }

    @Test
    void aDeviceThatUsesTheMachineIsHealthy() {
        try (CpuDevice device = new CpuDevice(2, true)) {
            List<Finding> findings = new CpuCheck(device, new Processor("some", List.of()), 2).check();
            assertEquals(Finding.ok("processor", "some, 2 processors"), findings.get(0));
            assertEquals(Finding.ok("device cpu", device.description()), findings.get(1));
            Finding library = findings.get(2);
            assertEquals("OpenBLAS", library.subject());
            assertEquals(device.description().contains("OpenBLAS 0") ? State.OK : State.WARNING, library.state());
            assertTrue(library.state() != State.OK || !System.getProperty("os.name").equals("Linux") || library.text().contains("/libopenblas"), library::text);
            assertEquals(3, findings.size());
        }
    }

    @Test
    void whatIsSlowerThanItCouldIsNamed() {
        try (CpuDevice device = new CpuDevice(3, true, new PlainProduct("plain matrix products (no library)"))) {
            List<String> wide = device.lanes() < 16 ? List.of("avx512f") : List.of();
            List<Finding> findings = new CpuCheck(device, new Processor("some", wide), 1).check();
            assertEquals(!wide.isEmpty() && device.lanes() > 1, findings.stream().anyMatch(f -> f.subject().equals("vectors") && f.state() == State.NOTE));
            assertTrue(findings.contains(Finding.warning("threads", "3 threads on 1 processor", "leave bindrae.threads out of the options of Java")));
            Finding library = findings.getLast();
            assertEquals(State.WARNING, library.state());
            assertTrue(library.text().contains("no library") && library.remedy().contains("org.bindrae.thirdparty.openblas"), library::toString);
        }
    }
}
