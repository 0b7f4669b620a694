package org.bindrae.update.internal;

import java.io.IOException;

/** What a site has now, open until closed. */
record Offer(Site site, SiteIndex index, SiteSource source, Repository repository) implements AutoCloseable {
    static Offer of(Installation installation, Site site, Workplace work) throws IOException {
        SiteSource source = SiteSource.open(site.location(), work.sub("zip"));
        try {
            SiteIndex index = SiteIndex.fetch(source, site.location(), work.sub("site"));
            return new Offer(site, index, source, installation.open(index, source, site.location()));
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    /**
     * Demands that the user has accepted what the site has now, or its signer.
     *
     * @throws IOException if not
     */
    void requireTrust() throws IOException {
        String identity = index.identity();
        if (site.trusted() == null) {
            throw new IOException(site.location() + ": is not trusted: it is " + index.description() + ", and you have not accepted its fingerprint " + identity
                    + "; compare it with what its publisher says, and accept it with: site add " + site.location() + " --trust");
        }
        if (!identity.equals(site.trusted())) {
            throw new IOException(site.location() + ": is not trusted any more: it is " + index.description() + " with the fingerprint " + identity
                    + ", and you accepted " + site.trusted() + "; if its publisher says so, accept it with: site add " + site.location() + " --trust");
        }
    }

    @Override
    public void close() throws IOException {
        repository.close();
        source.close();
    }
}
