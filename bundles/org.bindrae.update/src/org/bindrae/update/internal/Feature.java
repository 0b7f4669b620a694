package org.bindrae.update.internal;

/**
 * A feature, installed or on a site.
 *
 * @param name for people
 * @param root whether the user, or the product, asked for it; the others are there because one of those needs them
 */
record Feature(String id, String version, String name, boolean root) {
}
