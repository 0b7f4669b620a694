package org.bindrae.data;

import java.util.List;

/**
 * A ligand as it was read.
 *
 * @param notes what was decided on the way, one sentence each
 */
public record LigandPose(Ligand ligand, List<String> notes) {
    public LigandPose {
        notes = List.copyOf(notes);
    }
}
