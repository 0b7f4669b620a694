package org.bindrae.update.internal;

import java.time.Instant;
import java.util.List;

/**
 * A state of the installation that it can be taken back to.
 *
 * @param state names the state: the milliseconds at which p2 made it
 * @param what what made it of the state before
 * @param features identifiers with versions of the features asked for
 */
record Change(long state, String what, List<String> features) {
    Instant time() {
        return Instant.ofEpochMilli(state);
    }
}
