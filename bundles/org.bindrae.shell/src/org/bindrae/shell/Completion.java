package org.bindrae.shell;

import java.nio.file.Path;
import java.util.List;

import org.osgi.annotation.versioning.ProviderType;

/** Service that says what may come next on a command line. */
@ProviderType
public interface Completion {
    /**
     * A word that may stand there.
     *
     * @param group what such words are, such as the subject of commands
     * @param description one line; may be empty
     * @param complete whether the word is all of it; that of a folder or of {@code KEY=} goes on
     */
    record Proposal(String value, String group, String description, boolean complete) {
        /** A complete word that needs no explanation. */
        public static Proposal of(String value) {
            return new Proposal(value, "", "", true);
        }
    }

    /**
     * The words that may stand at the end of a command line. They need not begin with what was typed.
     *
     * @param words the words before it, the command first; empty where a command is to be typed
     * @param typed what was typed of it so far
     * @param folder where relative file names begin
     */
    List<Proposal> proposals(List<String> words, String typed, Path folder);
}
