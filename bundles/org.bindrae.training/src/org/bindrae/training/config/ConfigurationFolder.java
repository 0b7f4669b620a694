package org.bindrae.training.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a folder, each a configuration. They are read again and again: that finds every change on every file system, whatever its time stamps and
 * events are. A change is taken once it was seen twice, so that nobody sees half of a file that is being written, and only as a whole.
 */
final class ConfigurationFolder {
    private static final String SUFFIX = ".json";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    private final Path folder;
    private final ConfigFormat format;
    private final Listener listener;
    /** Contents by name, as taken and as seen since. */
    private Map<String, Content> taken = new HashMap<>();
    private Map<String, Content> seen = new HashMap<>();
    private boolean first = true;
    /** What valid files say. */
    private final Map<String, Map<String, Object>> values = new ConcurrentSkipListMap<>();
    private final Map<String, String> problems = new ConcurrentSkipListMap<>();

    /** Hears of files. */
    interface Listener {
        /** A file says something new. */
        void says(String name, Map<String, Object> values);

        /** A file is not there any more. */
        void gone(String name);

        /** A file cannot be used; what it said before stays. */
        void unusable(String name, String reason);
    }

    /** What is in a file, or why it cannot be read; the other one is null. */
    private record Content(String text, String problem) {
    }

    ConfigurationFolder(Path folder, ConfigFormat format, Listener listener) {
        this.folder = folder;
        this.format = format;
        this.listener = listener;
    }

    Path folder() {
        return folder;
    }

    Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }

    /** The name of the configuration that a file is, or null for a file elsewhere. */
    String name(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        String name = absolute.getFileName() == null ? "" : absolute.getFileName().toString();
        return folder.toAbsolutePath().normalize().equals(absolute.getParent()) && name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length())
                : null;
    }

    static void requireName(String name) throws ConfigException {
        if (!NAME.matcher(name).matches()) {
            throw new ConfigException("'" + name + "' is no name of a configuration: take letters, digits, '.', '_' and '-'");
        }
    }

    /** What the valid files say, by name. */
    Map<String, Map<String, Object>> values() {
        return new TreeMap<>(values);
    }

    /** Why files cannot be used, by name. */
    Map<String, String> problems() {
        return new TreeMap<>(problems);
    }

    /** Looks at the files; returns whether some of them are changing, so that another look soon is due. */
    synchronized boolean look() {
        Map<String, Content> now = read();
        Set<String> changed = new TreeSet<>(now.keySet());
        changed.addAll(taken.keySet());
        changed.removeIf(name -> Objects.equals(now.get(name), taken.get(name)));
        Map<String, Content> before = seen;
        boolean beginning = first;
        Set<String> due = new HashSet<>(changed);
        // at the beginning there is nothing to compare with; what can be used is complete
        due.removeIf(name -> beginning ? !usable(name, now.get(name)) : !Objects.equals(before.get(name), now.get(name)));
        seen = now;
        first = false;
        take(due, now);
        return due.size() < changed.size();
    }

    private boolean usable(String name, Content content) {
        try {
            return content.text() != null && format.said(content.text(), name) != null;
        } catch (ConfigException e) {
            return false;
        }
    }

    private Map<String, Content> read() {
        Map<String, Content> now = new HashMap<>();
        if (!Files.isDirectory(folder)) {
            return now;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX) && !name.startsWith(".") && Files.isRegularFile(file)) {
                    now.put(name.substring(0, name.length() - SUFFIX.length()), content(file));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // a folder that cannot be listed at the moment says nothing new
            return new HashMap<>(taken);
        }
        return now;
    }

    private Content content(Path file) {
        try {
            requireName(name(file));
            if (Files.size(file) > ConfigFormat.LONGEST_FILE) {
                return new Content(null, file + ": is longer than 1 MiB, too long for a configuration");
            }
            return new Content(Files.readString(file), null);
        } catch (ConfigException e) {
            return new Content(null, file + ": " + e.getMessage());
        } catch (IOException e) {
            return new Content(null, file + ": cannot be read (" + e + ")");
        }
    }

    /** The workbench's own first, because the others go over it; when it changes, they are checked again. */
    private void take(Set<String> due, Map<String, Content> now) {
        taken = new HashMap<>(taken);
        for (String name : due) {
            if (now.containsKey(name)) {
                taken.put(name, now.get(name));
            } else {
                taken.remove(name);
            }
        }
        boolean base = due.remove(Configurations.WORKBENCH) && check(Configurations.WORKBENCH);
        Set<String> others = new TreeSet<>(due);
        if (base) {
            others.addAll(taken.keySet());
            others.remove(Configurations.WORKBENCH);
        }
        others.forEach(this::check);
    }

    /** Returns whether what the file says has changed. */
    private boolean check(String name) {
        Content content = taken.get(name);
        if (content == null) {
            problems.remove(name);
            values.remove(name);
            listener.gone(name);
            return true;
        }
        try {
            if (content.problem() != null) {
                throw new ConfigException(content.problem());
            }
            Map<String, Object> said = format.said(content.text(), file(name).toString());
            Map<String, Object> whole = new LinkedHashMap<>(values.getOrDefault(Configurations.WORKBENCH, Map.of()));
            if (name.equals(Configurations.WORKBENCH)) {
                whole.clear();
            }
            whole.putAll(said);
            format.config(whole, file(name).toString());
            problems.remove(name);
            boolean different = !said.equals(values.put(name, said));
            listener.says(name, said);
            return different;
        } catch (ConfigException e) {
            if (!e.getMessage().equals(problems.put(name, e.getMessage()))) {
                listener.unusable(name, e.getMessage());
            }
            return false;
        }
    }
}
