package org.bindrae.training;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;

/**
 * Where a run is computed and with what. It is asked at the beginning, where an exception fails the run; again for a place and a network there when the device
 * goes away; and before each step for the attention backend. Then {@link IllegalArgumentException} and {@link IllegalStateException} mean that something is not
 * there at the moment: the message says what, and the run waits for it.
 */
public interface Placement {
    /** The device to use now. */
    Workbench.Place place();

    /** A network there, with the initial weights of the run; the run closes it. */
    Stage1Model network(Workbench.Place place);

    /** The attention backend to use there now, as {@link AttentionBackends#choose} says. */
    AttentionBackends.Choice attention(Workbench.Place place);
}
