package org.bindrae.tensor.cuda.emulation;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.tensor.cuda.driver.DriverException;
import org.bindrae.tensor.cuda.driver.LaunchRecord;

/** The emulator: one library with every kernel, compiled for the processor. */
final class EmulatorLibrary {
    private static final int MOST_PARAMETERS = 512;

    private final MethodHandle launch;
    private final MethodHandle error;
    private final MethodHandle has;
    private final MethodHandle parameters;

    private EmulatorLibrary(SymbolLookup library) {
        Linker linker = Linker.nativeLinker();
        this.launch = linker.downcallHandle(library.findOrThrow("bindrae_emulator_launch"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        this.error = linker.downcallHandle(library.findOrThrow("bindrae_emulator_error"), FunctionDescriptor.of(ADDRESS));
        this.has = linker.downcallHandle(library.findOrThrow("bindrae_emulator_has"), FunctionDescriptor.of(JAVA_INT, ADDRESS));
        this.parameters = library.find("bindrae_emulator_parameters")
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))).orElse(null);
    }

    /** Loaded for the life of the process: its kernels are found once and never change. */
    static EmulatorLibrary load(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new IllegalStateException(
                    "no emulator of CUDA kernels at " + path + ": build gpu-native, or name it with -D" + EmulatedDriver.LIBRARY_PROPERTY);
        }
        return new EmulatorLibrary(SymbolLookup.libraryLookup(path, Arena.global()));
    }

    boolean has(String kernel) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) has.invokeExact(arena.allocateFrom(kernel)) != 0;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Bytes of each parameter, or null where this library does not tell. */
    int[] parameters(String kernel) {
        if (parameters == null) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sizes = arena.allocate(JAVA_INT, MOST_PARAMETERS);
            int count = (int) parameters.invokeExact(arena.allocateFrom(kernel), sizes, MOST_PARAMETERS);
            return count < 0 ? null : sizes.asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void launch(String kernel, MemorySegment record) {
        try (Arena arena = Arena.ofConfined()) {
            int code = (int) launch.invokeExact(arena.allocateFrom(kernel), LaunchRecord.gridX(record), LaunchRecord.gridY(record),
                    LaunchRecord.gridZ(record), LaunchRecord.block(record), 1, 1, LaunchRecord.shared(record), LaunchRecord.arguments(record));
            if (code != 0) {
                throw new DriverException("emulating " + kernel + ": " + ((MemorySegment) error.invokeExact()).reinterpret(1 << 16).getString(0));
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static RuntimeException failed(Throwable e) {
        if (e instanceof Error failure) {
            throw failure;
        }
        return e instanceof RuntimeException exception ? exception : new DriverException("a call of the emulator failed", e);
    }
}
