package jcuda;

/**
 * Takes the place of JCuda's class of this name (first on Bundle-ClassPath). The original, when {@link System#loadLibrary} fails, for example for want of
 * libcuda.so.1, goes on to load a file of a fixed name from java.io.tmpdir, which any user of the machine can have put there, and it does so even when the
 * jar holds no natives. This one loads what Bundle-NativeCode names and nothing else, and its error is the plain one.
 */
public final class LibUtilsCuda {
    private LibUtilsCuda() {
    }

    public static void loadLibrary(String libraryName, String... dependentLibraryNames) {
        System.loadLibrary(libraryName); // comes with version, system and processor
    }
}
