package org.bindrae.tensor.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Where the library of cuBLASLt is on this machine. It comes with the CUDA toolkit and with Python packages; nothing of it is part of the workbench. Looked for
 * in this order: the file or folder of the system property {@value #PROPERTY}, LD_LIBRARY_PATH, CUDA_HOME, /usr/local/cuda*, Python's site-packages, and the
 * folders of the system's linker.
 */
final class CublasLtLibrary {
    static final String PROPERTY = "bindrae.cuda.cublas";

    /** Versions whose interface is the one called, the newest first. */
    private static final List<String> NAMES = List.of("libcublasLt.so.13", "libcublasLt.so.12");

    private CublasLtLibrary() {
    }

    static Optional<Path> find() {
        String setting = System.getProperty(PROPERTY);
        if (setting != null) {
            Path path = Path.of(setting);
            return Files.isRegularFile(path) ? Optional.of(path) : in(List.of(path));
        }
        return in(folders());
    }

    /** Why there is none, for people. */
    static String missing() {
        String setting = System.getProperty(PROPERTY);
        return "no " + String.join(" or ", NAMES) + (setting == null
                ? " in LD_LIBRARY_PATH, CUDA_HOME, /usr/local/cuda*, Python's site-packages or the system's folders (set " + PROPERTY + " to its folder)"
                : " at " + PROPERTY + "=" + setting);
    }

    private static Optional<Path> in(Iterable<Path> folders) {
        for (String name : NAMES) {
            for (Path folder : folders) {
                if (Files.isRegularFile(folder.resolve(name))) {
                    return Optional.of(folder.resolve(name));
                }
            }
        }
        return Optional.empty();
    }

    private static SequencedSet<Path> folders() {
        SequencedSet<Path> folders = new LinkedHashSet<>();
        for (String folder : environment("LD_LIBRARY_PATH").split(":")) {
            add(folders, folder);
        }
        String home = environment("CUDA_HOME");
        if (!home.isEmpty()) {
            add(folders, home + "/lib64");
        }
        subfolders(Path.of("/usr/local"), "cuda*").forEach(cuda -> folders.add(cuda.resolve("lib64")));
        for (String root : new String[] {environment("VIRTUAL_ENV"), environment("CONDA_PREFIX"), System.getProperty("user.home", "") + "/.local", "/usr/local",
                "/usr"}) {
            if (root.isEmpty()) {
                continue;
            }
            for (Path python : subfolders(Path.of(root, "lib"), "python3*")) {
                for (String packages : new String[] {"site-packages", "dist-packages"}) {
                    folders.add(python.resolve(packages + "/nvidia/cu13/lib"));
                    folders.add(python.resolve(packages + "/nvidia/cublas/lib"));
                }
            }
        }
        for (String folder : new String[] {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"}) {
            add(folders, folder);
        }
        return folders;
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        return value == null ? "" : value;
    }

    private static void add(SequencedSet<Path> folders, String folder) {
        if (!folder.isBlank()) {
            folders.add(Path.of(folder));
        }
    }

    /** Folders of a pattern, the last by name first, which are the newest versions. */
    private static List<Path> subfolders(Path parent, String pattern) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, pattern)) {
            stream.forEach(found::add);
        } catch (IOException e) {
            // a folder that is not there or not readable has no library for us
            return List.of();
        }
        found.sort((x, y) -> y.compareTo(x));
        return found;
    }
}
