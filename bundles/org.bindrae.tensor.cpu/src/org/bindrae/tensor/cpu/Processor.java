package org.bindrae.tensor.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The processor of this machine, as far as the system tells.
 *
 * @param model its name, or the architecture where the system does not tell
 * @param features sets of instructions that arithmetic gains from, sorted; empty where the system does not tell
 */
record Processor(String model, List<String> features) {
    private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
    private static final String FEATURES = "fma|avx|avx2|avx_vnni|avx512(f|bw|dq|vl|_bf16|_fp16|_vnni)|amx_(tile|bf16|int8|fp16)|asimd|bf16|sve2?|i8mm";

    static Processor ofThisMachine() {
        try {
            return of(Files.readAllLines(DESCRIPTION));
        } catch (IOException e) {
            // no Linux
            return of(List.of());
        }
    }

    /** From the lines of Linux, of which the first processor's count. */
    static Processor of(List<String> lines) {
        String model = value(lines, "model name");
        return new Processor(model.isEmpty() ? System.getProperty("os.arch") : model,
                Arrays.stream((value(lines, "flags") + " " + value(lines, "Features")).split(" ")).filter(word -> word.matches(FEATURES)).sorted().toList());
    }

    private static String value(List<String> lines, String key) {
        return lines.stream().filter(line -> line.matches(key + "\\s*:.*")).map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("");
    }

    /** Floats that one of its instructions can work on, as far as known; 1 otherwise. */
    int lanes() {
        return features.contains("avx512f") ? 16 : features.contains("avx2") ? 8 : features.contains("asimd") ? 4 : 1;
    }
}
