/** Side chains placed together: the choice among candidates of each residue that overlaps least for its probability. */
package org.bindrae.training.packing;
