/** How the machine and the installation do: checks that every bundle may bring, and what they find. */
package org.bindrae.health;
