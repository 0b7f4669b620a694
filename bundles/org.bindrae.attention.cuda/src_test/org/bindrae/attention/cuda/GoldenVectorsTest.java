package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.attention.IpaVectorCheck;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layer on the kernels compiled for the processor against values and gradients of flash_ipa. */
class GoldenVectorsTest {
    private static final Path FOLDER = Path.of("..", "org.bindrae.samples", "vectors");
    /** Of those, the tolerances of the layer hold for sums that cancel as well, such as gradients of biases. */
    private static final Precision[] PRECISIONS = {Precision.FP64, Precision.FP32};

    @BeforeEach
    void requireEmulator() {
        assumeTrue(EmulatedDriver.isBuilt(), "gpu-native/build.sh emulator builds what runs the kernels on the processor");
    }

    /** Those without a full pair term. */
    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.getFileName().toString().startsWith("ipa_flash_")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void valuesAndGradientsAgreeInBothTypes(Path file) throws IOException {
        IpaVectorCheck check = new IpaVectorCheck(SafetensorsFile.read(file));
        for (Precision precision : PRECISIONS) {
            try (CudaDevice device = EmulatedDriver.device(precision == Precision.FP64 ? Precision.FP32 : precision, new EmulatedCentring())) {
                List<VectorRow> rows = check.check(device, precision.dtype(), new FlashCudaBackend());
                assertFalse(rows.isEmpty());
                rows.forEach(row -> assertTrue(row.passes(), () -> file + " " + precision + " " + row));
            }
        }
    }
}
