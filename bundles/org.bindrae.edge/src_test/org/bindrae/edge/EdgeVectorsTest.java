package org.bindrae.edge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The embedders against values and gradients of flash_ipa. */
class EdgeVectorsTest {
    private static final Path OWN = Path.of("..", "org.bindrae.samples", "src", "vectors");
    private static final Path SHARED = Path.of("..", "..", "..", "shared", "vectors");

    /** This bundle's files, and more where the reference material lies beside the checkout. */
    static Stream<Path> files() {
        return Stream.of(OWN, SHARED).filter(Files::isDirectory).flatMap(folder -> {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(file -> file.getFileName().toString().startsWith("edge_")).sorted().toList().stream();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void valuesAndGradientsAgreeInBothPrecisions(Path file) throws IOException {
        EdgeVectorCheck check = new EdgeVectorCheck(SafetensorsFile.read(file));
        try (CpuDevice device = new CpuDevice(2, true)) {
            for (DType precision : new DType[] {DType.F64, DType.F32}) {
                List<VectorRow> rows = check.check(device, precision);
                assertFalse(rows.isEmpty());
                rows.forEach(row -> assertTrue(row.passes(), file + " " + precision + " " + row));
            }
        }
    }
}
