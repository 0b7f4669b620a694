package org.bindrae.tensor.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.bindrae.health.NativeLibraries;

/** NVIDIA's libraries as they are on this machine: which files, and with their names which versions. */
final class CudaLibraries {
    private static final Path DRIVER_RELEASE = Path.of("/sys/module/nvidia/version");

    private CudaLibraries() {
    }

    static Finding check() {
        List<String> found = new ArrayList<>();
        found.add("driver " + release());
        NativeLibraries.file("libcuda.so").ifPresent(file -> found.add(file.toString()));
        NativeLibraries.file("libJCudaDriver").ifPresent(file -> found.add("JCuda " + file));
        Optional<Path> products = CublasLtLibrary.find();
        products.ifPresent(file -> found.add("cuBLASLt " + real(file)));
        String text = String.join(", ", found);
        return products.isPresent() ? Finding.ok("CUDA libraries", text)
                : new Finding(State.NOTE, "CUDA libraries", text + "; " + CublasLtLibrary.missing(),
                        "install cuBLAS 13 or 12; products are computed by kernels of ours otherwise, some of them slower");
    }

    private static String release() {
        try {
            return Files.readString(DRIVER_RELEASE).strip();
        } catch (IOException e) {
            return "of unknown release";
        }
    }

    /** With the whole version in its name. */
    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file;
        }
    }
}
