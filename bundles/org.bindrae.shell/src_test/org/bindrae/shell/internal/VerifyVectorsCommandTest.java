package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyVectorsCommandTest {
    private static final Path VECTORS = Path.of("..", "org.bindrae.samples", "src", "vectors");
    private static final String ONE = "ipa_flash_r2_small.safetensors";

    @AutoClose
    private final TestShell shell = new TestShell();
    @TempDir
    private Path folder;

    @Test
    void allVectorsPass() {
        String all = shell.run("verify-vectors", VECTORS);
        assertFalse(all.contains("FAIL"), all);
        assertTrue(all.contains(" 0 fail"), all);
        String out = shell.run("verify-vectors", VECTORS.resolve(ONE), "--precision", "fp32", "--quiet");
        assertTrue(out.matches("\\d+ quantities of 1 files compared in fp32: \\d+ pass, 0 fail\\R"), out);
    }

    @Test
    void theNamedBackendAloneIsChecked() {
        String flash = shell.run("verify-vectors", VECTORS.resolve(ONE), "--backend", "flash-cpu");
        assertTrue(flash.contains("flash-cpu") && !flash.contains("reference"), flash);
        String both = shell.run("verify-vectors", VECTORS.resolve(ONE));
        assertTrue(both.contains("flash-cpu") && both.contains("reference"), both);
        shell.fails("verify-vectors", VECTORS.resolve(ONE), "--backend", "flash-gpu");
        assertTrue(shell.out().contains("no attention backend is called 'flash-gpu'; installed are flash-cpu, reference"), shell.out());
    }

    @Test
    void aChangedValueFails() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(VECTORS.resolve(ONE));
        for (String name : List.of("out.s", "grad.in.s")) {
            SafetensorsWriter writer = new SafetensorsWriter().metadata(file.metadata());
            for (String each : file.names()) {
                double[] values = file.doubles(each);
                if (each.equals(name)) {
                    values[0] += 1e-3;
                }
                writer.add(each, StoredArray.of(file.dtype(each), file.shape(each), values));
            }
            Path changed = folder.resolve(ONE);
            writer.write(changed);
            String message = shell.fails("verify-vectors", folder, "--quiet");
            // by either backend
            assertTrue(message.contains(" 2 fail"), message);
            assertEquals(2, shell.out().lines().filter(line -> line.contains("FAIL") && line.contains(name)).count(), shell.out());
        }
    }

    @Test
    void filesThatAreNoVectorsAreNamedAndTheOthersChecked() throws IOException {
        Files.copy(VECTORS.resolve(ONE), folder.resolve(ONE));
        new SafetensorsWriter().metadata("kind", "weather").add("x", StoredArray.of(Shape.of(1), 1.0)).write(folder.resolve("a.safetensors"));
        new SafetensorsWriter().add("x", StoredArray.of(Shape.of(1), 1.0)).write(folder.resolve("b.safetensors"));
        new SafetensorsWriter().metadata("kind", "ipa").add("x", StoredArray.of(Shape.of(1), 1.0)).write(folder.resolve("c.safetensors"));
        byte[] whole = Files.readAllBytes(VECTORS.resolve(ONE));
        Files.write(folder.resolve("d.safetensors"), Arrays.copyOf(whole, whole.length / 2));
        String message = shell.fails("verify-vectors", folder);
        assertTrue(message.contains("0 fail, 4 files could not be checked"), message);
        String out = shell.out();
        assertTrue(out.contains("a.safetensors: vectors of kind \"weather\""), out);
        for (String name : List.of("a", "b", "c", "d")) {
            assertTrue(out.contains("cannot be checked: " + folder.resolve(name + ".safetensors")), out);
        }
        assertTrue(out.contains("pass"), out);
    }

    @Test
    void aPlaceWithoutVectorsIsNamed() {
        assertTrue(shell.fails("verify-vectors", folder).startsWith(folder + ": no file here"));
        Path absent = folder.resolve("absent");
        shell.fails("verify-vectors", absent);
        assertTrue(shell.out().contains("cannot be checked: " + absent), shell.out());
    }
}
