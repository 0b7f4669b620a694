package org.bindrae.update.internal;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.bindrae.data.ProgressListener;
import org.eclipse.core.runtime.IStatus;
import org.eclipse.equinox.internal.provisional.configurator.Configurator;
import org.eclipse.equinox.p2.core.IProvisioningAgent;
import org.eclipse.equinox.p2.core.ProvisionException;
import org.eclipse.equinox.p2.engine.IEngine;
import org.eclipse.equinox.p2.engine.IPhaseSet;
import org.eclipse.equinox.p2.engine.IProfile;
import org.eclipse.equinox.p2.engine.IProfileRegistry;
import org.eclipse.equinox.p2.engine.IProvisioningPlan;
import org.eclipse.equinox.p2.engine.PhaseSetFactory;
import org.eclipse.equinox.p2.engine.ProvisioningContext;
import org.eclipse.equinox.p2.metadata.IArtifactKey;
import org.eclipse.equinox.p2.metadata.IInstallableUnit;
import org.eclipse.equinox.p2.metadata.IRequirement;
import org.eclipse.equinox.p2.planner.IPlanner;
import org.eclipse.equinox.p2.planner.IProfileChangeRequest;
import org.eclipse.equinox.p2.query.IQueryable;
import org.eclipse.equinox.p2.query.QueryUtil;

/**
 * What is installed, and changes to it. A change happens as a whole or not at all: first it is planned, then all files are fetched and compared with their
 * checksums, and only then p2 touches the installation, and takes back what it did if it fails. The running workbench follows at once.
 */
final class Installation {
    /** p2's name of a feature is its identifier with this end. */
    static final String GROUP = ".feature.group";
    private static final String CHANGE = "org.bindrae.update.change";
    private static final int STATES_KEPT = 20;
    /** Whether files may be trusted is asked before p2 sees them. */
    private static final IPhaseSet PHASES = PhaseSetFactory.createDefaultPhaseSetExcluding(new String[] {PhaseSetFactory.PHASE_CHECK_TRUST});

    private final IProvisioningAgent agent;
    private final Configurator configurator;
    private final IProfileRegistry registry;
    private final IPlanner planner;
    private final InterruptMonitor monitor = new InterruptMonitor();

    /**
     * The installation of an agent.
     *
     * @throws IllegalStateException if the agent has none
     */
    Installation(IProvisioningAgent agent, Configurator configurator) {
        this.agent = agent;
        this.configurator = configurator;
        registry = agent.getService(IProfileRegistry.class);
        planner = agent.getService(IPlanner.class);
        if (registry.getProfile(IProfileRegistry.SELF) == null) {
            throw new IllegalStateException("this workbench was not installed by p2: features can be added to the product only");
        }
    }

    private IProfile profile() {
        return registry.getProfile(IProfileRegistry.SELF);
    }

    /** Opens a site's index for as long as its features are looked at or added. */
    Repository open(SiteIndex index, SiteSource source, String name) throws IOException {
        return new Repository(agent, index, source, name, monitor);
    }

    /** Installed features, sorted by identifier. */
    List<Feature> features() {
        IProfile profile = profile();
        List<Feature> features = new ArrayList<>();
        for (IInstallableUnit unit : profile.query(QueryUtil.createIUGroupQuery(), null)) {
            if (unit.getId().endsWith(GROUP)) {
                features.add(feature(unit, isRoot(profile, unit)));
            }
        }
        features.sort(Comparator.comparing(Feature::id));
        return features;
    }

    /** A feature of p2's. */
    static Feature feature(IInstallableUnit unit, boolean root) {
        String id = unit.getId().substring(0, unit.getId().length() - GROUP.length());
        return new Feature(id, unit.getVersion().toString(), unit.getProperty(IInstallableUnit.PROP_NAME, null), root);
    }

    private static boolean isRoot(IProfile profile, IInstallableUnit unit) {
        return "true".equals(profile.getInstallableUnitProperty(unit, IProfile.PROP_PROFILE_ROOT_IU));
    }

    /**
     * Adds a feature, or puts another version in the place of the installed one.
     *
     * @throws IOException if it cannot be; the installation is as it was
     */
    void add(IInstallableUnit feature, Repository site, ProgressListener progress) throws IOException {
        requireWritable();
        IProfile profile = profile();
        IProfileChangeRequest request = planner.createChangeRequest(profile);
        List<IInstallableUnit> others = find(profile, feature.getId());
        if (others.contains(feature) && isRoot(profile, feature)) {
            throw new IOException(feature(feature, true).id() + " " + feature.getVersion() + " is installed already");
        }
        others.stream().filter(other -> !other.equals(feature)).forEach(request::remove);
        request.add(feature);
        request.setInstallableUnitProfileProperty(feature, IProfile.PROP_PROFILE_ROOT_IU, "true");
        ProvisioningContext context = new ProvisioningContext(agent);
        context.setMetadataRepositories(site.location());
        context.setArtifactRepositories(site.location());
        IProvisioningPlan plan = planner.getProvisioningPlan(request, context, monitor);
        require(plan.getStatus(), "cannot be added");
        Set<IArtifactKey> files = new LinkedHashSet<>();
        plan.getAdditions().query(QueryUtil.createIUAnyQuery(), null).forEach(unit -> files.addAll(unit.getArtifacts()));
        site.fetch(files, progress);
        perform(plan, (others.isEmpty() ? "added " : "updated ") + label(feature));
    }

    /**
     * Removes a feature with what only it needed.
     *
     * @throws IOException if others need it, or it cannot be removed; the installation is as it was
     */
    void remove(String id) throws IOException {
        IProfile profile = profile();
        IInstallableUnit feature = find(profile, id + GROUP).stream().findFirst().orElseThrow(() -> new IOException("no feature " + id + " is installed"));
        List<String> users = users(profile, feature);
        if (!users.isEmpty()) {
            throw new IOException(id + " cannot be removed, because it is needed by " + String.join(", ", users));
        }
        requireWritable();
        IProfileChangeRequest request = planner.createChangeRequest(profile);
        request.remove(feature);
        ProvisioningContext context = new ProvisioningContext(agent);
        context.setMetadataRepositories();
        context.setArtifactRepositories();
        IProvisioningPlan plan = planner.getProvisioningPlan(request, context, monitor);
        require(plan.getStatus(), "cannot be removed");
        perform(plan, "removed " + label(feature));
    }

    /**
     * What was installed at times, the latest last: as the product came, and after each change. States that p2 made on its way to the product, or when its
     * folder was moved, are no changes.
     */
    List<Change> history() {
        List<Change> changes = new ArrayList<>();
        long[] states = states();
        for (int i = 0; i < states.length; i++) {
            long state = states[i];
            String what = change(state);
            if (what == null && i + 1 < states.length && change(states[i + 1]) == null) {
                continue;
            }
            IProfile profile = registry.getProfile(IProfileRegistry.SELF, state);
            List<String> features = new ArrayList<>();
            for (IInstallableUnit unit : profile.query(QueryUtil.createIUGroupQuery(), null)) {
                if (unit.getId().endsWith(GROUP) && isRoot(profile, unit)) {
                    features.add(label(unit));
                }
            }
            features.sort(null);
            changes.add(new Change(state, what == null ? "as it came" : what, features));
        }
        return changes;
    }

    private String change(long state) {
        return registry.getProfileStateProperties(profile().getProfileId(), state).get(CHANGE);
    }

    /** The states of the profile, the latest last. */
    private long[] states() {
        return Arrays.stream(registry.listProfileTimestamps(IProfileRegistry.SELF)).sorted().toArray();
    }

    /**
     * Takes the installation back to a state it was in.
     *
     * @throws IOException if it cannot be; the installation is as it was
     */
    void rollback(long state) throws IOException {
        requireWritable();
        IProfile target = registry.getProfile(IProfileRegistry.SELF, state);
        if (target == null || history().stream().noneMatch(change -> change.state() == state)) {
            throw new IOException("there is no state " + state + "; see: feature history");
        }
        IProvisioningPlan plan = planner.getDiffPlan(profile(), target, monitor);
        require(plan.getStatus(), "the installation cannot be taken back");
        perform(plan, "back to " + state);
    }

    private void perform(IProvisioningPlan plan, String what) throws IOException {
        require(agent.getService(IEngine.class).perform(plan, PHASES, monitor), "the installation stays as it was");
        IProfile now = profile();
        registry.setProfileStateProperty(now.getProfileId(), now.getTimestamp(), CHANGE, what);
        configurator.applyConfiguration();
        long[] states = states();
        for (int i = 0; i < states.length - STATES_KEPT; i++) {
            try {
                registry.removeProfile(now.getProfileId(), states[i]);
            } catch (ProvisionException e) {
                throw new IOException("the state " + states[i] + " could not be forgotten: " + reason(e.getStatus()), e);
            }
        }
    }

    private void require(IStatus status, String otherwise) throws IOException {
        if (monitor.isCanceled() || status.getSeverity() == IStatus.CANCEL) {
            throw new InterruptedIOException("cancelled; the installation is as it was");
        }
        if (status.getSeverity() == IStatus.ERROR) {
            throw new IOException(otherwise + ": " + reason(status), status.getException());
        }
    }

    /** The most particular messages of a status. */
    static String reason(IStatus status) {
        Set<String> messages = new LinkedHashSet<>();
        collect(status, messages);
        return String.join("; ", messages);
    }

    private static void collect(IStatus status, Collection<String> messages) {
        if (status.getChildren().length == 0) {
            String cause = status.getException() == null || status.getException().getMessage() == null ? "" : " (" + status.getException().getMessage() + ")";
            messages.add(status.getMessage() + (status.getMessage().contains(cause) ? "" : cause));
        }
        for (IStatus child : status.getChildren()) {
            if (child.getSeverity() >= IStatus.ERROR || status.getSeverity() < IStatus.ERROR) {
                collect(child, messages);
            }
        }
    }

    /** What was asked for and cannot be without a feature: because it needs the feature, or a bundle that no other feature has. */
    private static List<String> users(IProfile profile, IInstallableUnit feature) {
        Set<IInstallableUnit> own = new LinkedHashSet<>(needs(profile, feature));
        for (IInstallableUnit other : profile.query(QueryUtil.createIUGroupQuery(), null)) {
            if (!other.equals(feature)) {
                own.removeAll(needs(profile, other));
            }
        }
        own.add(feature);
        List<String> users = new ArrayList<>();
        for (IInstallableUnit root : profile.query(QueryUtil.createIUGroupQuery(), null)) {
            if (!root.equals(feature) && isRoot(profile, root) && root.getId().endsWith(GROUP) && reaches(profile, root, feature, own)) {
                users.add(feature(root, true).id());
            }
        }
        users.sort(null);
        return users;
    }

    /** Whether what a feature needs, with all that needs in turn, has one of these units, on ways that do not pass through {@code excepted}. */
    private static boolean reaches(IProfile profile, IInstallableUnit from, IInstallableUnit excepted, Set<IInstallableUnit> wanted) {
        Set<IInstallableUnit> seen = new LinkedHashSet<>();
        List<IInstallableUnit> open = new ArrayList<>(List.of(from));
        while (!open.isEmpty()) {
            IInstallableUnit unit = open.removeLast();
            if (wanted.contains(unit)) {
                return true;
            }
            if (seen.add(unit) && !unit.equals(excepted)) {
                open.addAll(needs(profile, unit));
            }
        }
        return false;
    }

    /** The installed units that satisfy what a unit requires. */
    private static Set<IInstallableUnit> needs(IQueryable<IInstallableUnit> installed, IInstallableUnit unit) {
        Set<IInstallableUnit> needs = new LinkedHashSet<>();
        for (IRequirement requirement : unit.getRequirements()) {
            if (requirement.getMax() > 0 && requirement.getMin() > 0) {
                installed.query(QueryUtil.createMatchQuery(requirement.getMatches()), null).forEach(needs::add);
            }
        }
        return needs;
    }

    private static List<IInstallableUnit> find(IProfile profile, String id) {
        return new ArrayList<>(profile.query(QueryUtil.createIUQuery(id), null).toUnmodifiableSet());
    }

    private static String label(IInstallableUnit feature) {
        return feature(feature, true).id() + " " + feature.getVersion();
    }

    private void requireWritable() throws IOException {
        Path folder = Path.of(profile().getProperty(IProfile.PROP_INSTALL_FOLDER));
        for (Path path : List.of(folder, folder.resolve("plugins"), folder.resolve("features"), folder.resolve("p2"), folder.resolve("configuration"))) {
            if (Files.exists(path) && !Files.isWritable(path)) {
                throw new IOException(path + ": cannot be written: unpack the workbench into a folder of your own to change what is installed");
            }
        }
    }
}
