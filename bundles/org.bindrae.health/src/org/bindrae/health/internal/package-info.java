/** Checks of what every part needs: Java, disks, bundles and their components. */
package org.bindrae.health.internal;
