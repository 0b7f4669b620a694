package org.bindrae.update.internal;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.bindrae.data.ProgressListener;
import org.eclipse.core.runtime.IProgressMonitor;
import org.eclipse.equinox.p2.core.IProvisioningAgent;
import org.eclipse.equinox.p2.core.ProvisionException;
import org.eclipse.equinox.p2.metadata.IArtifactKey;
import org.eclipse.equinox.p2.metadata.IInstallableUnit;
import org.eclipse.equinox.p2.query.QueryUtil;
import org.eclipse.equinox.p2.repository.artifact.IArtifactDescriptor;
import org.eclipse.equinox.p2.repository.artifact.IArtifactRepositoryManager;
import org.eclipse.equinox.p2.repository.artifact.IFileArtifactRepository;
import org.eclipse.equinox.p2.repository.metadata.IMetadataRepository;
import org.eclipse.equinox.p2.repository.metadata.IMetadataRepositoryManager;

/**
 * A site as p2 sees it: a local repository with the {@link SiteIndex} and the files that were fetched of it, for as long as it is open. p2 itself opens no
 * connection.
 */
final class Repository implements AutoCloseable {
    private static final String SHA256 = "download.checksum.sha-256";

    private final IMetadataRepositoryManager metadataManager;
    private final IArtifactRepositoryManager artifactManager;
    private final Path folder;
    private final URI location;
    private final SiteSource source;
    private final IMetadataRepository metadata;
    private final IFileArtifactRepository artifacts;

    /** @throws IOException if the index is no index of a p2 repository */
    Repository(IProvisioningAgent agent, SiteIndex index, SiteSource source, String name, IProgressMonitor monitor) throws IOException {
        metadataManager = agent.getService(IMetadataRepositoryManager.class);
        artifactManager = agent.getService(IArtifactRepositoryManager.class);
        folder = index.folder();
        location = folder.toUri();
        this.source = source;
        try {
            metadata = metadataManager.loadRepository(location, monitor);
            artifacts = (IFileArtifactRepository) artifactManager.loadRepository(location, monitor);
        } catch (ProvisionException e) {
            close();
            throw new IOException(name + ": its index is damaged: " + Installation.reason(e.getStatus()), e);
        }
    }

    URI location() {
        return location;
    }

    /** Features that can be installed, all versions. */
    List<IInstallableUnit> features() {
        List<IInstallableUnit> features = new ArrayList<>();
        for (IInstallableUnit unit : metadata.query(QueryUtil.createIUGroupQuery(), null)) {
            if (unit.getId().endsWith(Installation.GROUP)) {
                features.add(unit);
            }
        }
        return features;
    }

    /**
     * Fetches files, and compares each with the SHA-256 that the index has of it.
     *
     * @throws IOException if a file is missing, damaged, or the index has no SHA-256 of it
     */
    void fetch(Collection<IArtifactKey> files, ProgressListener progress) throws IOException {
        int done = 0;
        for (IArtifactKey file : files) {
            progress.progress(done++, files.size(), "files", file.getId());
            fetch(file);
        }
        progress.progress(done, files.size(), "files", "");
    }

    private void fetch(IArtifactKey key) throws IOException {
        String name = key.getId() + " " + key.getVersion();
        IArtifactDescriptor descriptor = null;
        for (IArtifactDescriptor candidate : artifacts.getArtifactDescriptors(key)) {
            descriptor = candidate.getProperty(IArtifactDescriptor.FORMAT) == null ? candidate : descriptor;
        }
        if (descriptor == null) {
            throw new NoSuchFileException(name, null, "the site's artifacts.xml has no such file");
        }
        String expected = descriptor.getProperty(SHA256);
        if (expected == null) {
            throw new IOException(name + ": the site gives no SHA-256 of it, without which nobody can vouch for it; publish the site with a p2 of today");
        }
        File local = artifacts.getArtifactFile(descriptor);
        if (local == null || !local.toPath().normalize().startsWith(folder)) {
            throw new IOException(name + ": lies outside of the site");
        }
        Path target = local.toPath();
        Files.createDirectories(target.getParent());
        source.copy(folder.relativize(target).toString().replace(File.separatorChar, '/'), target);
        String actual = SiteIndex.sha256(target);
        if (!actual.equalsIgnoreCase(expected)) {
            throw new IOException(name + ": is damaged: its SHA-256 is " + actual + ", and should be " + expected);
        }
    }

    @Override
    public void close() {
        metadataManager.removeRepository(location);
        artifactManager.removeRepository(location);
    }
}
