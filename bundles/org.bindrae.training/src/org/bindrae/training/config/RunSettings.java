package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import org.bindrae.training.Placement;

/**
 * The settings of a run under way. When the configuration that it follows changes, it takes over the keys that have changed, at the next step, if all of them
 * may change during a run; otherwise none of them. Keys that were set by hand stay. Any thread may use it.
 */
public final class RunSettings implements AutoCloseable {
    private static final String BACKEND = "attention.backend";

    private final ConfigFormat format = new ConfigFormat();
    private final Path folder;
    private final FollowedConfiguration origin;
    private final Set<String> fixed;
    private final Consumer<RunSettings> closing;
    /** Complains of a backend that is not there. */
    private Check check = _ -> {
        // of nothing before the run begins
    };
    /** What the followed configuration said when it was taken over last; null before it has said anything. */
    private Map<String, Object> followed;
    /** What the run works with, and what it will work with from the next step on. */
    private WorkbenchConfig current;
    private WorkbenchConfig next;
    private String standing = "";
    /** Not told to the run yet; null for none. */
    private String refusal;

    /** Complains of settings that cannot work here. */
    @FunctionalInterface
    interface Check {
        /** @throws IllegalArgumentException or IllegalStateException saying why they cannot */
        void require(WorkbenchConfig config);
    }

    /**
     * @param config that the run begins or goes on with
     * @param said what the followed configuration says now; null for nothing
     */
    RunSettings(Path folder, WorkbenchConfig config, FollowedConfiguration origin, Map<String, Object> said, Consumer<RunSettings> closing) {
        this.folder = folder;
        this.current = config;
        this.next = config;
        this.origin = origin;
        this.fixed = new TreeSet<>(origin.fixed());
        this.followed = said;
        this.closing = closing;
    }

    /** Folder of the run. */
    public Path folder() {
        return folder;
    }

    /** Name of the configuration that the run follows; empty for none. */
    public String follows() {
        return origin.name();
    }

    /** Keys that no configuration changes. */
    public synchronized Set<String> fixed() {
        return Set.copyOf(fixed);
    }

    /** The settings from the next step on. */
    public synchronized WorkbenchConfig config() {
        return next;
    }

    /** Why the run does not have what its configuration says now; empty when it has. */
    public synchronized String refused() {
        return standing;
    }

    synchronized void check(Check with) {
        check = with;
    }

    /** What the run goes on with when it is begun anew: its own file says so, with what has not reached it yet on top. */
    synchronized void begin(WorkbenchConfig config) {
        if (next == current) {
            next = config;
        }
        current = config;
    }

    /** The followed configuration says something, all of it valid. */
    synchronized void follow(Map<String, Object> said) {
        if (followed == null) {
            followed = said;
            return;
        }
        List<ConfigDifference> changes = ConfigDifference.between(followed, said).stream().filter(change -> !fixed.contains(change.key())).toList();
        if (changes.isEmpty()) {
            followed = said;
            standing = "";
            return;
        }
        try {
            next = changed(changes);
            followed = said;
            standing = "";
            refusal = null;
        } catch (ConfigException e) {
            refuse(e.getMessage());
        }
    }

    /** The followed configuration cannot be used. */
    synchronized void refuse(String reason) {
        if (!reason.equals(standing)) {
            standing = reason;
            refusal = reason;
        }
    }

    /**
     * Sets values by hand, from the next step on. They stay whatever the followed configuration says.
     *
     * @param assignments {@code key.key=value}
     * @return what is different then
     * @throws ConfigException if one of them is wrong or cannot change during a run; then none is set
     */
    public synchronized List<ConfigDifference> set(List<String> assignments) throws IOException {
        Map<String, Object> assigned = format.assigned(assignments);
        List<ConfigDifference> changes = ConfigDifference.between(format.values(next), assigned);
        WorkbenchConfig wanted = changed(changes);
        Set<String> more = new TreeSet<>(fixed);
        more.addAll(assigned.keySet());
        new FollowedConfiguration(origin.name(), more).write(folder);
        fixed.addAll(more);
        next = wanted;
        return changes;
    }

    private WorkbenchConfig changed(List<ConfigDifference> changes) throws ConfigException {
        String frozen = changes.stream().filter(change -> !format.schema().live(change.key())).map(ConfigDifference::toString)
                .collect(Collectors.joining(", "));
        if (!frozen.isEmpty()) {
            throw new ConfigException(frozen + " cannot change during a run; it keeps the settings that it has");
        }
        Map<String, Object> values = new LinkedHashMap<>(format.values(next));
        changes.forEach(change -> values.put(change.key(), change.after()));
        WorkbenchConfig wanted = format.config(values, folder.toString());
        try {
            if (changes.stream().anyMatch(change -> change.key().equals(BACKEND))) {
                check.require(wanted);
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new ConfigException(e.getMessage());
        }
        return wanted;
    }

    /** As {@link Placement#change()} says. */
    synchronized Placement.Change change() {
        if (next == current) {
            // asked before each step
            return null;
        }
        List<ConfigDifference> differences = ConfigDifference.between(format.values(current), format.values(next));
        current = next;
        return differences.isEmpty() ? null
                : new Placement.Change(next.training(), format.json(next), new ArrayList<>(differences.stream().map(ConfigDifference::toString).toList()));
    }

    /** As {@link Placement#refusal()} says. */
    synchronized String refusal() {
        String told = refusal;
        refusal = null;
        return told;
    }

    /** The run follows nothing any more. */
    @Override
    public void close() {
        closing.accept(this);
    }
}
