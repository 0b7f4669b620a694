package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeInputs;
import org.bindrae.geometry.KNearest;

/** The k nearest neighbours of each residue by CA and by side-chain centre, the residue itself not among them. */
public record Neighbours(KNearest alphas, KNearest sideChains) {
    public static Neighbours of(EdgeInputs inputs, int k) {
        return new Neighbours(KNearest.of(inputs.positions(), inputs.packing(), inputs.present(), k, false),
                KNearest.of(inputs.sideChainCentres(), inputs.packing(), inputs.present(), k, false));
    }
}
