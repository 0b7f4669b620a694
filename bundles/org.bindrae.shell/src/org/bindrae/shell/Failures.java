package org.bindrae.shell;

import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Says in one line what an exception means to the user. */
public final class Failures {
    private Failures() {
    }

    /** The line for an exception of any kind. */
    public static String describe(Throwable e) {
        String message = e.getMessage() == null ? "" : e.getMessage().strip().replaceAll("\\s*\\R\\s*", " ");
        return switch (e) {
            case NoSuchFileException f -> of(f, "no such file or folder");
            case FileAlreadyExistsException f -> of(f, "exists already");
            case AccessDeniedException f -> of(f, "no permission to read or write it");
            case NotDirectoryException f -> of(f, "is no folder");
            case DirectoryNotEmptyException f -> of(f, "is not empty");
            case FileSystemException f -> of(f, f.getClass().getSimpleName());
            case OutOfMemoryError _ -> "out of memory (" + message + "): use a smaller --set training.batchResidues, or more heap with BINDRAE_JAVA_OPTS=-Xmx…";
            case NullPointerException n -> internal(n, message);
            case IndexOutOfBoundsException i -> internal(i, message);
            case ClassCastException c -> internal(c, message);
            case ArithmeticException a -> internal(a, message);
            default -> message.isEmpty() ? internal(e, "") : message;
        };
    }

    private static String of(FileSystemException e, String meaning) {
        return e.getFile() + ": " + (e.getReason() == null ? meaning : e.getReason());
    }

    private static String internal(Throwable e, String message) {
        return "internal error, please report it with the output of --verbose: " + e.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    }
}
