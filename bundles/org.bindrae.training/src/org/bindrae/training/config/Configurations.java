package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.tensor.io.EditLock;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * The configurations of a workbench by name. {@link #WORKBENCH} is what everything begins with; another one goes over it. Each is a file {@code NAME.json} of
 * a watched folder, or was put into ConfigurationAdmin by other means. Runs follow the one that they were begun with. Any thread may use it.
 */
@Component(service = Configurations.class)
public final class Configurations implements AutoCloseable {
    /** Name of the configuration that every command and run begins with. */
    public static final String WORKBENCH = "workbench";
    /** Framework property that says which folder is watched, instead of {@code config} in the instance area. */
    public static final String FOLDER_PROPERTY = "bindrae.config";

    private static final String INSTANCE_AREA = "osgi.instance.area";
    private static final String FOLDER = "config";
    private static final int LOOK_MILLIS = 1000;
    private static final int SETTLE_MILLIS = 200;
    private static final int DELIVERY_MILLIS = 20;
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private final ConfigFormat format = new ConfigFormat();
    /** Null for none. */
    private final ConfigurationFolder files;
    private final Thread watcher;
    /** As they were delivered last, whether they can be used or not. */
    private final Map<String, Map<String, Object>> delivered = new HashMap<>();
    /** As they can be used. */
    private final Map<String, Map<String, Object>> accepted = new TreeMap<>();
    /** Why some cannot be used that are not from files. */
    private final Map<String, String> problems = new TreeMap<>();
    private final List<RunSettings> runs = new CopyOnWriteArrayList<>();
    /** Null where the files have nobody between themselves and us. */
    private ConfigurationStore store;

    /** With the folder that the framework says; without one if it says none. */
    @Activate
    public Configurations(BundleContext context) {
        this(folder(context.getProperty(FOLDER_PROPERTY), context.getProperty(INSTANCE_AREA)));
    }

    /** @param folder to watch, which need not exist; null for none */
    public Configurations(Path folder) {
        if (folder == null) {
            files = null;
            watcher = null;
            return;
        }
        files = new ConfigurationFolder(folder, format, new FileListener());
        files.look();
        watcher = Thread.ofPlatform().daemon().name("bindrae-configurations").start(this::watch);
    }

    static Path folder(String property, String instanceArea) {
        if (property != null && !property.isBlank()) {
            return Path.of(property);
        }
        if (instanceArea == null || instanceArea.isBlank() || instanceArea.startsWith("@")) {
            return null;
        }
        String place = instanceArea.startsWith("file:") ? instanceArea.substring("file:".length()) : instanceArea;
        return Path.of(place).resolve(FOLDER);
    }

    private void watch() {
        try {
            boolean changing = true;
            while (true) {
                Thread.sleep(changing ? SETTLE_MILLIS : LOOK_MILLIS);
                changing = files.look();
            }
        } catch (InterruptedException e) {
            // the workbench stops
        }
    }

    /** Stops watching; runs keep their settings. */
    @Override
    @Deactivate
    public void close() {
        if (watcher != null) {
            watcher.interrupt();
            boolean interrupted = false;
            while (watcher.isAlive()) {
                try {
                    watcher.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The folder that is watched, which need not exist. */
    public Optional<Path> folder() {
        return Optional.ofNullable(files).map(ConfigurationFolder::folder);
    }

    /** The names of all configurations, with why they cannot be used; empty for those that can. */
    public Map<String, String> list() throws IOException {
        settle();
        Map<String, String> all = new TreeMap<>();
        synchronized (this) {
            accepted.keySet().forEach(name -> all.put(name, ""));
        }
        all.putAll(problems());
        return all;
    }

    /** Why configurations cannot be used, by name. */
    public Map<String, String> problems() {
        Map<String, String> all = files == null ? new TreeMap<>() : files.problems();
        synchronized (this) {
            problems.forEach(all::putIfAbsent);
        }
        return all;
    }

    /**
     * The configuration for a command: the defaults, the {@link #WORKBENCH}'s, a named one or a file over it, and assignments over all.
     *
     * @param named name of a configuration, or a file; null for neither
     * @throws ConfigException if something in it is wrong
     */
    public ChosenConfiguration choose(String named, List<String> assignments) throws IOException {
        settle();
        Map<String, Object> values = new LinkedHashMap<>(usable(WORKBENCH));
        Set<String> fixed = new TreeSet<>();
        String name = named == null ? WORKBENCH : nameOf(named);
        String source = named == null ? source(WORKBENCH) : named;
        if (name == null) {
            name = WORKBENCH;
            Map<String, Object> said = format.said(Path.of(named));
            values.putAll(said);
            fixed.addAll(said.keySet());
        } else if (!name.equals(WORKBENCH)) {
            values.putAll(usable(name));
        }
        Map<String, Object> assigned = format.assigned(assignments);
        values.putAll(assigned);
        fixed.addAll(assigned.keySet());
        return new ChosenConfiguration(format.config(values, source), name, fixed);
    }

    /** The configuration that a word means; null for a file elsewhere. */
    private synchronized String nameOf(String named) throws ConfigException {
        Path path = Path.of(named);
        if (files != null && Files.isRegularFile(path)) {
            return files.name(path);
        }
        if (names().contains(named) || problems().containsKey(named) || named.equals(WORKBENCH)) {
            return named;
        }
        if (!Files.exists(path) && !named.contains(".") && path.getNameCount() == 1) {
            throw new ConfigException(named + ": no such file, and no configuration of that name"
                    + "; there are " + String.join(", ", names()));
        }
        return null;
    }

    private synchronized Map<String, Object> usable(String name) throws ConfigException {
        String problem = problems().get(name);
        if (problem != null) {
            throw new ConfigException(problem);
        }
        return own(name);
    }

    /** What a configuration says beyond those beneath it: what comes with the workbench under its name, and over that what was received; the lock is held. */
    private Map<String, Object> own(String name) {
        Map<String, Object> values = builtIn(name);
        values.putAll(accepted.getOrDefault(name, Map.of()));
        return values;
    }

    /** What a configuration that comes with the workbench makes different from the defaults; nothing for another name. */
    private Map<String, Object> builtIn(String name) {
        WorkbenchConfig config = WorkbenchConfig.builtIn().get(name);
        Map<String, Object> values = new LinkedHashMap<>();
        if (config != null) {
            values.putAll(format.values(config));
            values.entrySet().removeAll(format.values(WorkbenchConfig.defaults()).entrySet());
        }
        return values;
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>(accepted.keySet());
        names.addAll(WorkbenchConfig.builtIn().keySet());
        return names;
    }

    private String source(String name) {
        return files != null && Files.exists(files.file(name)) ? files.file(name).toString() : "defaults";
    }

    /**
     * Sets values in the file of a configuration. Comments stay.
     *
     * @return what is different then
     * @throws IOException if a value is wrong, the file is, or it cannot be written; it is as before then
     */
    public List<ConfigDifference> set(String name, List<String> assignments) throws IOException {
        if (files == null) {
            throw new ConfigException("there is no folder of configurations: start the workbench with -D" + FOLDER_PROPERTY + "=DIR");
        }
        ConfigurationFolder.requireName(name);
        Path file = files.file(name);
        Files.createDirectories(files.folder());
        try (EditLock _ = EditLock.of(file)) {
            return edit(name, file, assignments);
        }
    }

    private List<ConfigDifference> edit(String name, Path file, List<String> assignments) throws IOException {
        settle();
        String text = Files.exists(file) ? Files.readString(file) : "{\n}\n";
        Map<String, Object> before = new LinkedHashMap<>(name.equals(WORKBENCH) ? Map.of() : usable(WORKBENCH));
        before.putAll(builtIn(name));
        Map<String, Object> said = format.said(text, file.toString());
        Map<String, Object> assigned = format.assigned(assignments);
        String edited = new ConfigText(text).with(assigned, format);
        if (!format.said(edited, file.toString()).entrySet().containsAll(assigned.entrySet())) {
            throw new ConfigException(file + ": cannot be edited as it is written; change it by hand");
        }
        Map<String, Object> after = new LinkedHashMap<>(before);
        before.putAll(said);
        after.putAll(format.said(edited, file.toString()));
        WorkbenchConfig wanted = format.config(after, file.toString());
        List<ConfigDifference> differences = ConfigDifference.between(whole(before), format.values(wanted));
        AtomicFiles.write(file, edited);
        settle();
        return differences;
    }

    /** All values, defaults included. */
    private Map<String, Object> whole(Map<String, Object> said) {
        Map<String, Object> whole = format.values(WorkbenchConfig.defaults());
        whole.putAll(said);
        return whole;
    }

    /** The settings of a run under way in this workbench. */
    public synchronized Optional<RunSettings> run(Path folder) {
        Path wanted = folder.toAbsolutePath().normalize();
        return runs.stream().filter(run -> run.folder().toAbsolutePath().normalize().equals(wanted)).findFirst();
    }

    /** Has a run follow the configuration that it was begun with. */
    synchronized RunSettings follow(Path folder, WorkbenchConfig config, FollowedConfiguration origin) {
        boolean there = origin.name().equals(WORKBENCH) || names().contains(origin.name());
        RunSettings run = new RunSettings(folder, config, origin, there ? said(origin.name()) : null, this::leave);
        runs.add(run);
        return run;
    }

    /** Without a lock: a run may end in a thread that holds one which the check of another run's settings asks for. */
    private void leave(RunSettings run) {
        runs.remove(run);
    }

    /** All values of a configuration; the lock is held. */
    private Map<String, Object> said(String name) {
        Map<String, Object> whole = whole(accepted.getOrDefault(WORKBENCH, Map.of()));
        whole.putAll(own(name));
        return whole;
    }

    /** Takes what a configuration says now, if it can be used. */
    synchronized void receive(String name, Map<String, Object> properties) {
        Map<String, Object> values = format.settings(properties);
        delivered.put(name, values);
        notifyAll();
        try {
            Map<String, Object> whole = new LinkedHashMap<>(name.equals(WORKBENCH) ? Map.of() : accepted.getOrDefault(WORKBENCH, Map.of()));
            whole.putAll(builtIn(name));
            whole.putAll(values);
            format.config(whole, "configuration " + name);
        } catch (ConfigException e) {
            problems.put(name, e.getMessage());
            refuse(name, e.getMessage());
            return;
        }
        problems.remove(name);
        accepted.put(name, values);
        for (RunSettings run : runs) {
            if (run.follows().equals(name) || !run.follows().isEmpty() && name.equals(WORKBENCH)) {
                tell(run);
            }
        }
    }

    private void tell(RunSettings run) {
        Map<String, Object> said = said(run.follows());
        try {
            format.config(said, "configuration " + run.follows());
            run.follow(said);
        } catch (ConfigException e) {
            run.refuse(e.getMessage());
        }
    }

    /** A configuration is not there any more; runs that follow it go on as they are. */
    synchronized void forget(String name) {
        if (store == null && files != null && files.values().containsKey(name)) {
            return;
        }
        delivered.remove(name);
        notifyAll();
        problems.remove(name);
        if (accepted.remove(name) != null) {
            refuse(name, "the configuration " + name + " was deleted; the run keeps its settings");
        }
    }

    private synchronized void refuse(String name, String reason) {
        for (RunSettings run : runs) {
            if (run.follows().equals(name) || !run.follows().isEmpty() && name.equals(WORKBENCH)) {
                run.refuse(reason);
            }
        }
    }

    /** From now on files go through this store; null for directly. */
    void use(ConfigurationStore through) {
        synchronized (this) {
            store = through;
        }
        if (files != null) {
            Map<String, Map<String, Object>> said = files.values();
            FileListener listener = new FileListener();
            if (through != null) {
                try {
                    through.retain(said.keySet());
                } catch (IOException | IllegalStateException e) {
                    goWithout(through);
                }
            }
            said.forEach(listener::says);
        }
    }

    /** Files go directly where a store cannot be written, such as in an installation that is read-only, or goes away. */
    private synchronized void goWithout(ConfigurationStore failed) {
        if (store == failed) {
            store = null;
        }
    }

    /** Waits until what the files say has arrived here. */
    private void settle() throws IOException {
        try {
            while (files != null && files.look()) {
                Thread.sleep(SETTLE_MILLIS);
            }
            long end = System.nanoTime() + PATIENCE_NANOS;
            for (ConfigurationStore through = store(); through != null && !arrived(through.all()); through = store()) {
                if (System.nanoTime() > end) {
                    throw new IOException("ConfigurationAdmin does not deliver the configurations");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits a while for these configurations. */
    private synchronized boolean arrived(Map<String, Map<String, Object>> sent) throws InterruptedException {
        if (!delivered.equals(sent)) {
            wait(DELIVERY_MILLIS);
        }
        return delivered.equals(sent);
    }

    private synchronized ConfigurationStore store() {
        return store;
    }

    /** Brings what files say where it belongs. */
    private final class FileListener implements ConfigurationFolder.Listener {
        @Override
        public void says(String name, Map<String, Object> values) {
            ConfigurationStore through = store();
            if (through == null) {
                receive(name, values);
                return;
            }
            try {
                through.put(name, values);
            } catch (IOException | IllegalStateException e) {
                goWithout(through);
                receive(name, values);
            }
        }

        @Override
        public void gone(String name) {
            ConfigurationStore through = store();
            if (through == null) {
                forget(name);
                return;
            }
            try {
                through.remove(name);
            } catch (IOException | IllegalStateException e) {
                goWithout(through);
                forget(name);
            }
        }

        @Override
        public void unusable(String name, String reason) {
            refuse(name, reason);
        }
    }
}
