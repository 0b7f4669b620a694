package org.bindrae.update.internal;

/**
 * A site that the user named.
 *
 * @param location address, folder or zip file, as {@link SiteSource#canonical} writes it
 * @param trusted what the user accepted of it, the {@link SiteIndex#identity()} it had then; null for nothing
 */
record Site(String location, String trusted) {
}
